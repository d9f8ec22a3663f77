"""Shared intermediates: what two features need is made once, here."""
