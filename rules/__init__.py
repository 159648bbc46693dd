"""What a program says and means: exact quantities, kinds, expressions, the document and its checks.

Everything here is pure: values in, values out. Files are open for contribution; a new kind is one file and one
line in its register.
"""
