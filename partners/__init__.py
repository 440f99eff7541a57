"""Business partners (İş Ortağı), intermediaries (AHS) and what brands let them do."""
