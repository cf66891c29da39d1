"""Exports of shops, CRMs and analytics in, as tables of the contract; audiences for advertising and mail out."""
