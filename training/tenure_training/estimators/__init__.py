"""Parts of Tenure's models as scikit-learn estimators on snapshot frames, and a splitter that respects time."""
