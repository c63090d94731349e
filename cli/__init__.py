"""What people type: `chimein …`. Most commands are clients of the gateway; `up` and `rehearse` start the system."""
