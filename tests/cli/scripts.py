"""Small training scripts, as users write them, for the tests that run them in a process of their own."""

TRAINS = """
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
x = torch.randn(256, 4)
y = x.sum(1, keepdim=True).relu()
for step in range(60):
    batch = torch.randint(256, (64,))
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x[batch]), y[batch])
    loss.backward()
    optimizer.step()
print("loss", loss.item())
"""

BORN_DEAD = TRAINS.replace("optimizer =", "nn.init.constant_(model[0].bias, -50.0)\noptimizer =")

RAISES = TRAINS + "raise ValueError('boom')\n"

SHAPE_ERROR = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 8)
        self.b = nn.Linear(9, 1)

    def forward(self, x):
        return self.b(F.relu(self.a(x)))


model = Net()
model(torch.randn(16, 4)).mean().backward()
"""

LOSS_ERROR = """
import torch
import torch.nn.functional as F

w = torch.randn(4, 8, requires_grad=True)
F.cross_entropy(F.relu(torch.randn(5, 4) @ w), torch.zeros(4).long())
"""

BACKWARD_ERROR = "import torch\ntorch.ones(3).sum().backward()\n"

CHAINED_ERROR = SHAPE_ERROR.replace(
    "model(torch.randn(16, 4)).mean().backward()",
    "try:\n    model(torch.randn(16, 4))\nexcept RuntimeError as error:\n    raise SystemError('no') from error",
)

WAITS = TRAINS.replace("    optimizer.step()\n", "    optimizer.step()\n    time.sleep(0.02)\n").replace(
    "for step in range(60):", "import time\nprint('ready', flush=True)\nfor step in range(5000):"
)

ENVIRONMENT = """
import os, sys
print(sys.argv, __name__, __file__, os.getcwd(), sys.path[0], sys.orig_argv[1:])
print(os.environ.get("PYTHONPATH"), "RECTIFIER_RUN" in os.environ, "torch" in sys.modules, "numpy" in sys.modules)
import torch
print(torch.backends, sys.stdin.read())
"""


WORKERS = TRAINS.replace("import torch\n", "import torch\nimport pickle\nimport torch.utils.data\n").replace(
    "for step in range(60):\n    batch = torch.randint(256, (64,))\n",
    "class Rows(torch.utils.data.Dataset):\n"
    "    def __len__(self):\n        return 256\n"
    "    def __getitem__(self, i):\n        return i\n\n"
    "assert pickle.loads(pickle.dumps(Rows())).__class__ is Rows\n"
    "loader = torch.utils.data.DataLoader(Rows(), batch_size=64, num_workers=2, shuffle=True)\n"
    "for batch in [b for _ in range(5) for b in loader]:\n",
)

ASKS = """
import importlib.util, sys
assert importlib.util.find_spec("torch") is not None
import torch
import torch.nn.functional as F
from torch import nn

@torch.jit.script
def scripted(p, y):
    return F.mse_loss(p, y)

def main(rate=0.1):
    settings = locals()
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(net.parameters(), rate)
    for _ in range(30):
        optimizer.zero_grad()
        loss = scripted(net(torch.randn(16, 4)), torch.zeros(16, 1))
        loss.backward()
        optimizer.step()
    print(settings, loss.item(), open(sys.argv[1]).read())

main()
"""
