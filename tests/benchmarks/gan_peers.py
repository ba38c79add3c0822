"""The same iteration in PyTorch and JAX: further contenders like those of `gan_contenders`."""

import numpy as np

PIXELS = 784
LATENT_DIM = 100
CALL = 100
ADAM = {"learning_rate": 1e-3, "rho_1": 0.9, "rho_2": 0.999, "delta": 1e-8}


def _torch_networks(hidden_units):
    from torch import nn

    D = nn.Sequential(nn.Linear(PIXELS, hidden_units), nn.ReLU(), nn.Linear(hidden_units, 1))
    G = nn.Sequential(
        nn.Linear(LATENT_DIM, hidden_units), nn.ReLU(), nn.Linear(hidden_units, PIXELS), nn.Sigmoid()
    )
    return D, G


def torch_eager(images, batch_size, hidden_units):
    """PyTorch as its tutorials write it, with its fused Adam."""
    import torch
    from torch.nn.functional import softplus

    D, G = _torch_networks(hidden_units)
    D_solver, G_solver = (torch.optim.Adam(network.parameters(), fused=True) for network in (D, G))
    data = torch.from_numpy(images.copy())

    def noise():
        return torch.empty(batch_size, LATENT_DIM).uniform_(-1, 1)

    def run(iterations):
        for _ in range(iterations):
            real = data[torch.randint(len(data), (batch_size,))].float() / 255
            with torch.no_grad():
                fake = G(noise())
            D_loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
            D_solver.zero_grad()
            D_loss.backward()
            D_solver.step()

            G_loss = softplus(-D(G(noise()))).mean()
            G_loss.backward(inputs=list(G.parameters()))
            G_solver.step()
            G_solver.zero_grad()
        return D_loss.item(), G_loss.item()

    return run


def torch_compiled(images, batch_size, hidden_units):
    """PyTorch with the whole iteration in one ``torch.compile``, gradients by ``torch.func``."""
    import torch
    from torch.func import functional_call, grad
    from torch.nn.functional import softplus

    D, G = _torch_networks(hidden_units)
    theta_D, theta_G = ({k: v.detach() for k, v in network.named_parameters()} for network in (D, G))
    moments = [
        {k: torch.zeros_like(v) for k, v in theta.items()} for theta in (theta_D, theta_D, theta_G, theta_G)
    ]
    steps = torch.zeros(())
    data = torch.from_numpy(images.copy())

    def D_loss(theta_D, real, fake):
        real_logits, fake_logits = (functional_call(D, theta_D, (x,)) for x in (real, fake))
        return softplus(-real_logits).mean() + softplus(fake_logits).mean()

    def G_loss(theta_G, noise):
        return softplus(-functional_call(D, theta_D, (functional_call(G, theta_G, (noise,)),))).mean()

    def adam(theta, gradients, s, r):
        t = steps
        rate = ADAM["learning_rate"] * torch.sqrt(1 - ADAM["rho_2"] ** t) / (1 - ADAM["rho_1"] ** t)
        for name, g in gradients.items():
            s[name].lerp_(g, 1 - ADAM["rho_1"])
            r[name].lerp_(g * g, 1 - ADAM["rho_2"])
            theta[name].sub_(rate * s[name] / (r[name].sqrt() + ADAM["delta"]))

    @torch.compile(fullgraph=True)
    def iteration(real, noise_D, noise_G):
        steps.add_(1)
        fake = functional_call(G, theta_G, (noise_D,))
        adam(theta_D, grad(D_loss)(theta_D, real.float() / 255, fake), *moments[:2])
        adam(theta_G, grad(G_loss)(theta_G, noise_G), *moments[2:])

    def noise():
        return torch.empty(batch_size, LATENT_DIM).uniform_(-1, 1)

    def run(iterations):
        with torch.no_grad():
            for _ in range(iterations):
                iteration(data[torch.randint(len(data), (batch_size,))], noise(), noise())

    return run


def jax_scan(images, batch_size, hidden_units):
    """JAX with 100 iterations in one jitted ``lax.scan``, images gathered inside."""
    import jax
    from jax import lax
    from jax import numpy as jnp
    from jax.nn import relu, sigmoid, softplus

    data = jnp.asarray(images)

    def xavier_init(key, *size):
        return jax.random.normal(key, size) / np.sqrt(size[0] / 2)

    def network(key, *sizes):
        keys = jax.random.split(key, len(sizes) - 1)
        shapes = zip(keys, sizes, sizes[1:], strict=False)
        return [(xavier_init(key, m, n), jnp.zeros(n)) for key, m, n in shapes]

    def apply(theta, x):
        (W1, b1), (W2, b2) = theta
        return relu(x @ W1 + b1) @ W2 + b2

    def generate(theta_G, noise):
        return sigmoid(apply(theta_G, noise))

    def D_loss(theta_D, real, fake):
        return softplus(-apply(theta_D, real)).mean() + softplus(apply(theta_D, fake)).mean()

    def G_loss(theta_G, theta_D, noise):
        return softplus(-apply(theta_D, generate(theta_G, noise))).mean()

    def adam(theta, g, s, r, t):
        s = jax.tree.map(lambda s, g: s + (1 - ADAM["rho_1"]) * (g - s), s, g)
        r = jax.tree.map(lambda r, g: r + (1 - ADAM["rho_2"]) * (g * g - r), r, g)
        rate = ADAM["learning_rate"] * jnp.sqrt(1 - ADAM["rho_2"] ** t) / (1 - ADAM["rho_1"] ** t)

        def moved(theta, s, r):
            return theta - rate * s / (jnp.sqrt(r) + ADAM["delta"])

        return jax.tree.map(moved, theta, s, r), s, r

    def iteration(state, batch):
        t, theta_D, s_D, r_D, theta_G, s_G, r_G = state
        noise = jax.random.uniform(jax.random.key(t), (2, batch_size, LATENT_DIM), minval=-1.0)
        real, fake = data[batch] / jnp.float32(255), generate(theta_G, noise[0])
        D_value, g = jax.value_and_grad(D_loss)(theta_D, real, fake)
        theta_D, s_D, r_D = adam(theta_D, g, s_D, r_D, t + 1.0)
        G_value, g = jax.value_and_grad(G_loss)(theta_G, theta_D, noise[1])
        theta_G, s_G, r_G = adam(theta_G, g, s_G, r_G, t + 1.0)
        return (t + 1, theta_D, s_D, r_D, theta_G, s_G, r_G), (D_value, G_value)

    loop = jax.jit(lambda state, batches: lax.scan(iteration, state, batches), donate_argnums=0)
    key_D, key_G = jax.random.split(jax.random.key(0))
    state = [0]
    for theta in (network(key_D, PIXELS, hidden_units, 1), network(key_G, LATENT_DIM, hidden_units, PIXELS)):
        state += [theta, jax.tree.map(jnp.zeros_like, theta), jax.tree.map(jnp.zeros_like, theta)]
    random = np.random.default_rng(0)

    def run(iterations):
        nonlocal state
        for _ in range(iterations // CALL):
            batches = random.integers(len(images), size=(CALL, batch_size), dtype=np.int32)
            state, losses = loop(tuple(state), batches)
            jax.block_until_ready(losses)

    return run
