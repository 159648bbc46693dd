"""The commitment ledger of market development funds, and what it comes to: pure functions of dated facts."""
