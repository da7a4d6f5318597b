"""Getting model files whole: ranges, resumption, and a hash that is checked before a file is ever visible."""
