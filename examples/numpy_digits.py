"""Train a small network in plain NumPy on scikit-learn's handwritten digits, with three activations side by side."""

import time
from itertools import pairwise

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import rectifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    (X / 16).astype(np.float32), y, test_size=0.2, random_state=0, stratify=y
)


class Network:
    """Fully connected layers, an activation between them, softmax and cross-entropy at the end."""

    def __init__(self, sizes, activation, seed=0):
        rng = np.random.default_rng(seed)
        gain = activation.definition.facts().gain  # keeps the size of the signal from layer to layer
        self.activation = activation
        self.weights = [rng.normal(0, gain / n**0.5, (n, m)).astype(np.float32) for n, m in pairwise(sizes)]
        self.biases = [np.zeros(m, np.float32) for m in sizes[1:]]

    def forward(self, x):
        """The outputs of all layers, the input first, and the slopes of the activation in the hidden ones."""
        outputs, slopes = [x], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            value, slope = self.activation.value_and_derivative(outputs[-1] @ weight + bias)
            outputs.append(value)
            slopes.append(slope)
        outputs.append(rectifier.softmax(outputs[-1] @ self.weights[-1] + self.biases[-1]))
        return outputs, slopes

    def step(self, x, target, learning_rate):
        """One step of gradient descent on a batch."""
        outputs, slopes = self.forward(x)
        gradient = outputs[-1]  # of cross-entropy behind softmax: probabilities less the target
        gradient[np.arange(len(x)), target] -= 1
        gradient /= len(x)
        for k in reversed(range(len(self.weights))):
            below = gradient @ self.weights[k].T * slopes[k - 1] if k > 0 else None
            self.weights[k] -= learning_rate * (outputs[k].T @ gradient)
            self.biases[k] -= learning_rate * gradient.sum(0)
            gradient = below

    def accuracy(self, x, target):
        return float((self.forward(x)[0][-1].argmax(1) == target).mean())


print("activation   test accuracy   seconds")
for activation in (rectifier.relu, rectifier.sigmoid, rectifier.tanh):
    network, rng = Network([64, 256, 256, 10], activation), np.random.default_rng(1)
    started = time.perf_counter()
    for _ in range(30):
        for batch in np.array_split(rng.permutation(len(X_train)), len(X_train) // 64):
            network.step(X_train[batch], y_train[batch], learning_rate=0.1)
    seconds = time.perf_counter() - started
    print(f"{activation.__name__:10}   {network.accuracy(X_test, y_test):13.3f}   {seconds:7.2f}")
