"""What a document leaves unsaid: readings of its print, and declarations that only the use of a name tells."""
