"""What people read: tables and paragraphs made from outcomes."""
