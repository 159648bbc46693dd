"""What funds and incentives brought: findings, what they are worth, and the report of them."""
