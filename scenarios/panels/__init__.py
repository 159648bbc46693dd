"""Panels out of a program's facts: KPIs of partners over periods, and who got money from when on; floats begin here."""
