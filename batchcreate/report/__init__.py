"""Report files of a results folder, written from the values of a journal."""
