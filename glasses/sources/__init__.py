"""Where photos come from: one small interface (`photo.Photo`), one file a kind of place."""
