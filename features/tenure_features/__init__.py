"""Tables in, snapshots out: order logs are checked, cleaned and turned into point-in-time features."""
