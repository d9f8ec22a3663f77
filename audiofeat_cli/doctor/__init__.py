"""What this installation and this machine have, and whether audiofeat works here."""
