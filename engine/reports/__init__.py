"""What people are shown, as values: tables of texts and JSON, without any terminal."""
