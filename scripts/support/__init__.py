"""What the proof scripts share: virtual environments, and wheels of this checkout."""
