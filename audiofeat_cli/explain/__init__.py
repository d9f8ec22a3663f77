"""What a config means, before any audio is read: `facts` are numbers, `text` is for people."""
