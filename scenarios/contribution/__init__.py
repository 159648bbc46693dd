"""What partners brought, set against what they were paid: scores, shares and comparisons with peers, all exact."""
