"""What the original sent and said, each beside the script that recorded it. Nothing here is edited by hand."""
