"""The slides' boxes once more, in NumPy and float64, line by line: what the library is held against.

Section 6-3: each function takes the start θ, `gradient(step, theta)` and the number of steps, and returns θ
after each step as an array [steps, ...]. e is a number, or one for each step where a schedule changes it.
Every product, quotient and sum stands in the order of the box.
"""

import numpy as np


def adagrad(theta, gradient, steps, *, e, delta=1e-7):
    """Figure 6-6."""
    r = np.zeros_like(theta)
    e = np.broadcast_to(e, steps)
    path = []
    for step in range(steps):
        g = gradient(step, theta)
        r = r + g * g
        theta = theta - e[step] / (delta + np.sqrt(r)) * g
        path.append(theta)
    return np.stack(path)


def rmsprop(theta, gradient, steps, *, e, rho=0.9, delta=1e-6):
    """Figure 6-7."""
    r = np.zeros_like(theta)
    e = np.broadcast_to(e, steps)
    path = []
    for step in range(steps):
        g = gradient(step, theta)
        r = rho * r + (1 - rho) * (g * g)
        theta = theta - e[step] / np.sqrt(delta + r) * g
        path.append(theta)
    return np.stack(path)


def rmsprop_nesterov(theta, gradient, steps, *, e, rho=0.9, alpha=0.9, delta=1e-6):
    """Figure 6-8, with δ where figure 6-7 has it."""
    r = np.zeros_like(theta)
    v = np.zeros_like(theta)
    e = np.broadcast_to(e, steps)
    path = []
    for step in range(steps):
        interim = theta + alpha * v
        g = gradient(step, interim)
        r = rho * r + (1 - rho) * (g * g)
        v = alpha * v - e[step] / np.sqrt(delta + r) * g
        theta = theta + v
        path.append(theta)
    return np.stack(path)


def adam(theta, gradient, steps, *, e=0.001, rho_1=0.9, rho_2=0.999, delta=1e-8):
    """Figure 6-9."""
    s = np.zeros_like(theta)
    r = np.zeros_like(theta)
    t = 0
    e = np.broadcast_to(e, steps)
    path = []
    for step in range(steps):
        g = gradient(step, theta)
        t = t + 1
        s = rho_1 * s + (1 - rho_1) * g
        r = rho_2 * r + (1 - rho_2) * (g * g)
        s_hat = s / (1 - rho_1**t)
        r_hat = r / (1 - rho_2**t)
        theta = theta - e[step] * s_hat / (np.sqrt(r_hat) + delta)
        path.append(theta)
    return np.stack(path)
