"""The course where people are: its site, decks, app and a build for a browser alone."""
