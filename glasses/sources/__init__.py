"""Sources of photos: one small interface (`photo.Photo`) and one module per kind of source."""
