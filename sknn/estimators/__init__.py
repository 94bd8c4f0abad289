"""What a user fits: one file per family of estimators."""
