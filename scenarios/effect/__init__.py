"""What a fund or an incentive brought: estimators of incremental effect on a panel, pure and deterministic."""
