"""Change brands and their dealers. Every change is audited; TCKN and telephone numbers never stand in the trail."""
