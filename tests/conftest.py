"""How hard Hypothesis tries: HYPOTHESIS_PROFILE picks `default` (the gate) or `soak` (the campaign of `make soak`).

The gate says the same thing twice: its examples are derived from the test's own text, so a change that passed cannot
fail later on another machine by luck. The soak draws fresh ones, and prints how to repeat what it finds.
"""

import os

from hypothesis import HealthCheck, settings

# A slow or busy machine is no fault of the code, so no example is timed.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("default", patient, derandomize=True, max_examples=100)
settings.register_profile("soak", patient, derandomize=False, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
