"""What a synthetic table gives away of the persons it was made from, in counts that add over suppliers."""
