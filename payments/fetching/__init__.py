"""Where statements come from by themselves: a folder in which files are dropped, a bank's web service. No database."""
