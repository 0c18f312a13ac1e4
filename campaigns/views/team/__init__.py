"""What it brought and what it cost."""
