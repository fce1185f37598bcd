"""How people look at lists: views that they saved, the columns that they want."""
