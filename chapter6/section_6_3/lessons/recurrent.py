"""The lessons on the page on recurrent networks that follows Adam."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "bidirectional": Lesson(
        formula=(
            r"h(t) = f(b + W h(t-1) + U x(t)), \quad "
            r"g(t) = f(b' + W' g(t+1) + U' x(t)), \quad "
            r"o(t) = c + V h(t) + V' g(t)"
        ),
        question=_(
            "The inputs are random bits. How many of the bits ahead of t can a forward RNN with 32 units "
            "name at t, and does a bidirectional one with 16 units for each direction remember the past as "
            "well?"
        ),
        answer=_(
            "Half of them, which is guessing: h(t) has seen nothing after t. The bidirectional RNN names all "
            "bits, up to five positions behind and ahead."
        ),
        core="chapter6.recurrent:BidirectionalRNN.call",
        change=Change(
            instruction=_(
                "Leave out the flip, `g = self.g(sequences, mask=mask)`, and run "
                "`run(steps=100, units=16)` with and without this change."
            ),
            expected=_(
                "The past stays at 100%, the future falls to about 70%. The states of g come in the order in "
                "which they were computed, so that the output at t sees g(T + 1 - t), which knows the bits "
                "ahead of another position."
            ),
            old="ops.flip(self.g(sequences, mask=mask), axis=1)",
            new="self.g(sequences, mask=mask)",
            settings={"steps": 100, "units": 16},
            holds=lambda before, after: (
                value_of(after, "accuracy (%)", state="h and g", inputs="past")
                > 95
                > 85
                > value_of(after, "accuracy (%)", state="h and g", inputs="future")
            ),
        ),
        exercises=(
            Exercise(
                task=_("Change the input at one position only. Which states h(t) and g(t) change?"),
                solution="""\
import numpy as np
from chapter6.recurrent import BidirectionalRNN

layer = BidirectionalRNN(4, seed=0)
sequences = np.random.default_rng(0).normal(size=(1, 8, 1)).astype("float32")
changed = sequences.copy()
changed[0, 5] += 1
differs = np.asarray(layer(sequences))[0] != np.asarray(layer(changed))[0]
h, g = differs[:, :4].any(axis=1), differs[:, 4:].any(axis=1)
print(h, g)
assert h.tolist() == [t >= 5 for t in range(8)] and g.tolist() == [t <= 5 for t in range(8)]""",
                answer=_("h from that position on, g up to it; together they change everywhere."),
            ),
            Exercise(
                task=_(
                    "Which has more weights, one RNN with 32 units or a bidirectional one with 16 for each "
                    "direction? The input has one channel."
                ),
                solution="""\
import keras
from chapter6.recurrent import BidirectionalRNN

one, both = keras.layers.SimpleRNN(32), BidirectionalRNN(16)
for layer in (one, both):
    layer.build((None, 18, 1))
    print(layer.name, layer.count_params())
assert one.count_params() == 32 * (32 + 1 + 1) and both.count_params() == 2 * 16 * (16 + 1 + 1)""",
                answer=_(
                    "The one RNN: 1,088 against 576. W grows with the square of the units, and between h and "
                    "g there are no weights."
                ),
            ),
        ),
    ),
    "lateral": Lesson(
        formula=(
            r"h_{\downarrow}(i, j) = f(b + W h_{\downarrow}(i-1, j) + U x(i, j)), \qquad "
            r"o(i, j) = [h_{\downarrow}, h_{\uparrow}, h_{\rightarrow}, h_{\leftarrow}](i, j)"
        ),
        question=_(
            "An image has 8x8 pixels. How many of them can the features at the bottom right pixel "
            "depend on after two layers of four RNNs, and how many after two 3x3 convolutions?"
        ),
        answer=_(
            "All 64, and 9. One layer of RNNs brings the pixel's row and column there, the second the rest, "
            "by way of that row and column; a convolution brings what is one pixel further away."
        ),
        core="chapter6.recurrent:FourDirectionRNN.call",
        change=Change(
            instruction=_(
                "Leave out the sweeps up and down: concatenate `[right_left, right_left]`, so that the "
                "shapes stay as they are."
            ),
            expected=_(
                "The corner sees only the pixels of its own row, however many layers there are: 5 instead of "
                "25 in the quick run. Rows reach the rest of an image only by way of columns."
            ),
            old="[ops.transpose(down_up, (0, 2, 1, 3)), right_left]",
            new="[right_left, right_left]",
            holds=lambda before, after: (
                value_of(before, "pixels seen", network="RNNs")
                == value_of(after, "pixels seen", network="RNNs") ** 2
            ),
        ),
        exercises=(
            Exercise(
                task=_("Which pixels do the features at the bottom right see after one layer of four RNNs?"),
                solution="""\
import numpy as np
from chapter6.recurrent import FourDirectionRNN
from chapter6.section_6_3.influence import corner_influence

images = np.random.default_rng(0).uniform(size=(4, 8, 8))
seen = corner_influence([FourDirectionRNN(8, seed=0)], images) > 0
print(seen.astype(int))
assert seen[-1].all() and seen[:, -1].all() and not seen[:-1, :-1].any()""",
                answer=_("The last row and the last column, 15 pixels, and no other."),
            ),
            Exercise(
                task=_(
                    "How many 3x3 convolutions does it take until the bottom right corner of an image of 8x8 "
                    "pixels sees the opposite one?"
                ),
                solution="""\
import keras
import numpy as np
from chapter6.section_6_3.influence import corner_influence

images, pixels = np.random.default_rng(0).uniform(size=(4, 8, 8)), []
for depth in range(1, 8):
    layers = [keras.layers.Conv2D(4, 3, padding="same", activation="elu") for _ in range(depth)]
    pixels.append(np.count_nonzero(corner_influence(layers, images)))
print(pixels)
assert pixels == [(depth + 1) ** 2 for depth in range(1, 8)]""",
                answer=_(
                    "Seven: k convolutions see (k + 1)² pixels from a corner. The experiment's deep "
                    "convolution has one more. In a photograph of 224x224 pixels it would take 223, where "
                    "two layers of RNNs still suffice."
                ),
            ),
        ),
    ),
}
