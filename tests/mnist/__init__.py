import pytest

# A failing assertion in a helper shows its values, as in a test.
pytest.register_assert_rewrite("tests.mnist.making")
