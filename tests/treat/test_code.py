"""The change to the user's file: every form in which users write it, and what must not be touched."""

import pytest

from rectifier.treat import remedies
from rectifier.treat.code import Code

SCRIPT = '''"""A training."""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.nn import ReLU


def relu(x):  # the user's own
    return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), ReLU())

    def forward(self, x):
        return relu(F.relu(torch.relu(self.a(x)))).relu()


model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.9)  # kept
for step in range(3):
    optimizer.zero_grad()
    model(torch.randn(8, 4)).mean().backward()

    # one step
    optimizer.step()
'''


def changed(text: str, name: str, **parameters: object) -> list[str]:
    """The lines that a remedy adds."""
    code = Code(text)
    remedy = remedies.get(name)
    assert remedy.change(code, remedy.use(**parameters), steps=100)
    compile(code.text, "train.py", "exec")
    return [line[1:] for line in code.diff("train.py").splitlines() if line.startswith("+") and line[:3] != "+++"]


def test_activation_in_every_form() -> None:
    assert changed(SCRIPT, "activation", new="elu") == [
        "        self.a = nn.Sequential(nn.Linear(4, 4), nn.ELU(inplace=True), torch.nn.ELU())",
        "        return torch.nn.functional.elu(relu(F.elu(torch.nn.functional.elu(self.a(x)))))",
    ]


def test_activation_that_takes_no_inplace() -> None:
    text = "from torch import nn\nnet = nn.Sequential(nn.ReLU(inplace=True), nn.ReLU(True))\n"
    code = Code(text)
    assert remedies.get("activation").change(code, remedies.get("activation").use(new="gelu"), 100)
    assert code.text == "from torch import nn\nnet = nn.Sequential(nn.GELU(), nn.GELU())\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nn.ReLU(True)", "nn.LeakyReLU(0.2, inplace=True)"),
        ("F.relu(x, True)", "F.leaky_relu(x, 0.2, inplace=True)"),
        ("F.relu_(x)", "F.leaky_relu(x, 0.2, inplace=True)"),
    ],
)
def test_inplace_given_by_its_place_is_no_slope(line: str, expected: str) -> None:
    text = f"import torch.nn as nn\nimport torch.nn.functional as F\n{line}\n"
    assert changed(text, "activation", new="leaky_relu", values=(0.2,)) == [expected]


def test_what_works_in_place_is_not_exchanged_for_what_cannot() -> None:
    code = Code("import torch\ntorch.relu_(x)\n")
    assert not remedies.get("activation").change(code, remedies.get("activation").use(new="gelu"), 100)


def test_the_relu_of_a_loss_and_of_data_stays() -> None:
    text = """import torch
import torch.nn.functional as F
from torch import nn


def bend(x):
    return F.relu(x)


class Net(nn.Module):
    def forward(self, x):
        return bend(self.a(x)).relu()


y = torch.randn(8).relu()
loss = F.relu(1 - y * Net()(x)).mean()
"""
    assert changed(text, "activation", new="elu") == [
        "    return F.elu(x)",
        "        return torch.nn.functional.elu(bend(self.a(x)))",
    ]


def test_prelu_has_no_place_in_a_function() -> None:
    code = Code(SCRIPT)
    assert not remedies.get("activation").change(code, remedies.get("activation").use(new="prelu"), 100)
    assert code.text == SCRIPT


TABLE = """from torch import nn

layers = {"smooth": nn.ELU, "hard": lambda: nn.ReLU(inplace=True), "round": nn.GELU}


def block(size, kind):
    return nn.Sequential(nn.Linear(size, size), layers[kind]())
"""
CHAIN = """import torch.nn.functional as F


def bend(x, kind):
    if kind in ("hard", "relu"):
        return F.relu(x)
    elif kind == "smooth":
        return F.elu(x)
    return F.gelu(x)
"""
MATCH = """from torch import nn


def bend(kind):
    match kind:
        case "hard" | "relu":
            act = nn.ReLU
        case "smooth":
            act = nn.ELU
    return act()
"""


@pytest.mark.parametrize("means", [TABLE, CHAIN, MATCH], ids=["dictionary", "branches", "match"])
@pytest.mark.parametrize(
    ("setting", "becomes"),
    [
        ('settings = {"kind": "hard"}', 'settings = {"kind": "smooth"}'),
        ("kind = 'hard'  # as in the paper", "kind = 'smooth'  # as in the paper"),
        (
            'options.add_argument("--kind", default="hard", choices=["hard", "smooth"])',
            'options.add_argument("--kind", default="smooth", choices=["hard", "smooth"])',
        ),
    ],
)
def test_what_chooses_an_activation_is_changed_and_what_its_name_means_is_not(
    means: str, setting: str, becomes: str
) -> None:
    assert changed(f"{means}\n\n{setting}\n", "activation", new="elu") == [becomes]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{TABLE}\n\nnet = block(4, kind)\n", "'hard', and was not found"),
        (f"{TABLE}\n\nnet = [block(4, 'hard'), block(4, 'hard')]\n", "in several places"),
        (f"{TABLE.replace('nn.ELU', 'nn.SELU')}\n\nkind = 'hard'\n", "no name there stands for the other one"),
        ("from torch import nn\n\n\ndef block(act=nn.ReLU):\n    return act()\n", "a default"),
        ("import torch\n\nrelu = torch.relu\ny = relu(x)\nz = torch.relu(y)\n", "another name"),
        ("from torch import nn\n\nact = nn.ReLU() if kind == 'hard' else nn.ELU()\n", "'hard', and was not found"),
    ],
)
def test_what_a_name_means_is_left_alone_and_why_is_said(text: str, why: str) -> None:
    code = Code(text)
    assert not remedies.get("activation").change(code, remedies.get("activation").use(new="elu"), 100)
    assert code.text == text
    assert why in code.why


def test_a_setting_of_its_own_and_a_branch_of_networks_are_uses() -> None:
    text = """from torch import nn

settings = {"act": nn.ReLU, "width": 8}
if data == "digits":
    net = nn.Sequential(nn.Linear(64, 8), nn.ReLU())
"""
    assert changed(text, "activation", new="elu") == [
        'settings = {"act": nn.ELU, "width": 8}',
        "    net = nn.Sequential(nn.Linear(64, 8), nn.ELU())",
    ]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("torch.optim.SGD(w, lr=0.5)", "torch.optim.SGD(w, lr=0.05)"),
        ("torch.optim.SGD(w, 0.5)", "torch.optim.SGD(w, 0.05)"),
        ("torch.optim.Adam(w)", "torch.optim.Adam(w, lr=0.0001)"),
        ("torch.optim.Adam(w, lr=args.rate)", "torch.optim.Adam(w, lr=args.rate * 0.1)"),
        ("torch.optim.Adam(w, lr=a + b)", "torch.optim.Adam(w, lr=(a + b) * 0.1)"),
    ],
)
def test_learning_rate(made: str, expected: str) -> None:
    assert changed(f"import torch\no = {made}\n", "learning-rate", factor=0.1) == [f"o = {expected}"]


def test_a_scheduler_is_no_optimizer() -> None:
    code = Code("from torch.optim.lr_scheduler import StepLR\ns = StepLR(o, 0.5)\n")
    assert not remedies.get("learning-rate").change(code, remedies.get("learning-rate").use(), 100)


def test_clipping_goes_before_the_step_and_below_its_comment() -> None:
    code = Code(SCRIPT)
    assert remedies.get("clip-gradients").change(code, remedies.get("clip-gradients").use(), 100)
    assert (
        "    # one step\n"
        "    torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups "
        'for p in group["params"]], 1)\n'
        "    optimizer.step()\n"
    ) in code.text


def test_clipping_with_a_scaler_unscales_first() -> None:
    text = "import torch\no = torch.optim.SGD(w, 0.1)\nscaler.step(o)\n"
    added = changed(text, "clip-gradients", by="value", limit=0.1)
    assert added[0] == "scaler.unscale_(o)"
    assert added[1].startswith("torch.nn.utils.clip_grad_value_(")


def test_schedule() -> None:
    assert changed(SCRIPT, "schedule", kind="cosine") == [
        "optimizer_schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)",
        "    optimizer_schedule.step()",
    ]


def test_a_schedule_out_of_sight_of_the_steps_hangs_on_the_optimizer() -> None:
    text = """from torch import optim


def train(optimizer):
    optimizer.step()


def main():
    optimizer = optim.SGD(w, 0.1)
    train(optimizer)
"""
    assert changed(text, "schedule", kind="cosine") == [
        "import torch",
        "    optimizer_schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)",
        "    optimizer.register_step_post_hook(lambda *_: optimizer_schedule.step())",
    ]
    inside = text.replace("    train(optimizer)\n", "    optimizer.step()\n").replace(
        "def train(optimizer):\n    optimizer.step()", ""
    )
    assert changed(inside, "schedule", kind="cosine")[-1] == "    optimizer_schedule.step()"


@pytest.mark.parametrize("kind", ["cosine", "step", "exponential", "warm-up"])
def test_a_schedule_is_laid_over_a_run_of_known_length_only(kind: str) -> None:
    remedy = remedies.get("schedule")
    assert remedy.change(Code(SCRIPT), remedy.use(kind=kind), None) == (kind == "warm-up")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("o = optim.SGD(w, **settings)", "learning-rate"),
        ("o = optim.SGD(w, **settings)", "weight-decay"),
        ("o = optim.SGD(w, 0.1, 0.9, 0, 5e-4)", "weight-decay"),
        ('o = optim.SGD([{"params": a, **given}, {"params": b}], lr=1e-2)', "learning-rate"),
        ('o = optim.SGD([{"params": a, "weight_decay": 0.0}, {"params": b}], lr=1e-2)', "weight-decay"),
        ('groups = [{"params": a, "lr": 1e-3}]\no = optim.SGD(groups, lr=1e-2)', "optimizer"),
        ("o = optim.SGD(w, lr=0.1)\ns = optim.lr_scheduler.OneCycleLR(o, **settings)", "learning-rate"),
    ],
)
def test_what_is_not_written_where_the_call_is_is_left_alone(text: str, name: str) -> None:
    remedy = remedies.get(name)
    assert not remedy.change(Code(f"from torch import optim\n{text}\n"), remedy.use(), 100)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            'o = optim.Adam([{"params": a, "lr": 1e-3}, {"params": b}], lr=1e-2)',
            ['o = optim.Adam([{"params": a, "lr": 0.0001}, {"params": b}], lr=0.001)'],
        ),
        (
            'made = [{"params": a, "lr": rate * 10}]\nmade += [dict(params=b, lr=rate)]\no = optim.SGD(made, rate)',
            [
                'made = [{"params": a, "lr": (rate * 10) * 0.1}]',
                "made += [dict(params=b, lr=rate * 0.1)]",
                "o = optim.SGD(made, rate * 0.1)",
            ],
        ),
        (
            'o = optim.RMSprop(body.parameters())\no.add_param_group({"params": head, "lr": 0.5, "momentum": 0})',
            [
                "o = optim.RMSprop(body.parameters(), lr=0.001)",
                'o.add_param_group({"params": head, "lr": 0.05, "momentum": 0})',
            ],
        ),
    ],
)
def test_every_group_keeps_its_share_of_the_rate(made: str, expected: list[str]) -> None:
    text = f'from torch import optim\nlog = {{"lr": 3}}\n{made}\n'
    assert changed(text, "learning-rate", factor=0.1) == expected


def test_settings_are_scaled_once() -> None:
    text = 'import torch\nsettings["lr"] = 0.1\no = torch.optim.SGD(w, lr=settings["lr"])\n'
    assert changed(text, "learning-rate", factor=0.1) == ['o = torch.optim.SGD(w, lr=settings["lr"] * 0.1)']
    text = 'import torch\no = torch.optim.SGD(w, lr=0.5)\nfor g in o.param_groups:\n    g["lr"] = rate\n'
    assert changed(text, "learning-rate", factor=0.1)[1] == '    g["lr"] = rate * 0.1'


def test_statements_on_one_line_are_taken_apart() -> None:
    text = "import torch\no = torch.optim.SGD(w, 0.1)\n# all\no.zero_grad(); loss.backward(); o.step()  # done\n"
    code = Code(text)
    assert remedies.get("clip-gradients").change(code, remedies.get("clip-gradients").use(), 100)
    lines = code.text.splitlines()[2:]
    assert lines[:3] == ["# all", "o.zero_grad()", "loss.backward()"]
    assert lines[3].startswith("torch.nn.utils.clip_grad_norm_(")
    assert lines[4] == "o.step()  # done"


def test_what_is_unscaled_is_not_unscaled_again() -> None:
    text = "import torch\no = torch.optim.SGD(w, 0.1)\nscaler.unscale_(o)\nscaler.step(o)\n"
    (added,) = changed(text, "clip-gradients", by="value", limit=0.1)
    assert added.startswith("torch.nn.utils.clip_grad_value_(")


def test_initialisation() -> None:
    assert changed(SCRIPT, "initialise") == ["import rectifier.nn", "rectifier.nn.init_for_(model)"]


def test_inputs_are_scaled_where_the_model_is_made() -> None:
    assert changed(SCRIPT, "standardize-input") == ["import rectifier.nn", "rectifier.nn.standardize_input_(model)"]
    never_called = SCRIPT.replace("model(torch", "net(torch")
    assert not remedies.get("standardize-input").change(
        Code(never_called), remedies.get("standardize-input").use(), 100
    )


def test_a_model_of_two_optimizers_is_changed_once() -> None:
    text = SCRIPT + "\nsecond = optim.Adam(model.parameters())\nother = optim.Adam(head.parameters())\n"
    lines = changed(text, "initialise")
    assert sorted(lines) == ["import rectifier.nn", "rectifier.nn.init_for_(head)", "rectifier.nn.init_for_(model)"]
    again = SCRIPT.replace("for step", "optimizer = optim.SGD(model.parameters(), lr=0.1)\nfor step")
    assert changed(again, "initialise") == ["import rectifier.nn", "rectifier.nn.init_for_(model)"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("s = lr_scheduler.OneCycleLR(o, max_lr=8.0, total_steps=9)", "max_lr=0.8, total_steps=9)"),
        ("s = lr_scheduler.OneCycleLR(o, PEAK, total_steps=9)", "OneCycleLR(o, PEAK * 0.1, total_steps=9)"),
        ("s = lr_scheduler.CyclicLR(o, 0.1, 1.0)", "CyclicLR(o, 0.01, 0.1)"),
        ("o.param_groups[0]['lr'] = 0.5 * rate", "o.param_groups[0]['lr'] = (0.5 * rate) * 0.1"),
    ],
)
def test_rates_that_are_set_later_are_scaled_too(line: str, expected: str) -> None:
    text = f"import torch\nfrom torch.optim import lr_scheduler\no = torch.optim.SGD(w, lr=0.5)\n{line}\n"
    made, later = changed(text, "learning-rate", factor=0.1)
    assert made == "o = torch.optim.SGD(w, lr=0.05)"
    assert later.endswith(expected)


def test_rates_that_are_multiplied_stay() -> None:
    later = "g = o.param_groups[0]\ng['lr'] *= 0.5\ng['lr'] = g['initial_lr'] / 2\n"
    text = f"import torch\no = torch.optim.SGD(w, lr=0.5)\n{later}"
    assert changed(text, "learning-rate", factor=0.1) == ["o = torch.optim.SGD(w, lr=0.05)"]


def test_steps_taken_by_hand() -> None:
    text = "for p in ps:\n    p -= rate * p.grad\n    p.data -= (a + b) * p.grad / 2\n    n -= 2 * m\n"
    assert changed(text, "learning-rate", factor=0.1) == ["    p -= rate * 0.1 * p.grad"]


def test_weight_decay_and_optimizer() -> None:
    assert changed(SCRIPT, "weight-decay", value=0.0) == [
        "optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.9, weight_decay=0)  # kept"
    ]
    assert changed(SCRIPT, "optimizer") == ["optimizer = optim.Adam(model.parameters(), lr=0.001)  # kept"]


def test_nothing_to_change_leaves_the_file_as_it_is() -> None:
    text = "import numpy as np\r\nx = np.zeros(3)  \r\n"
    for remedy in remedies.menu().values():
        code = Code(text)
        assert not remedy.change(code, remedy.use(), 100)
        assert code.text == text
        assert code.diff("x.py") == ""


EPOCHS = """import torch
import torch.nn.functional as F
from torch import nn

model = nn.Linear(2, 2)
optimizer = torch.optim.Adam(model.parameters())
criterion = nn.CrossEntropyLoss()


@torch.no_grad()
def evaluate(loader):
    return sum(criterion(model(x), y).item() for x, y in loader)


@torch.no_grad()
def accuracy(loader):
    loss = right = 0
    for x, y in loader:
        loss += criterion(model(x), y).item()
        right += (model(x).argmax(1) == y).sum()
    print(loss)
    return right / len(loader)


@torch.no_grad()
def mean_loss(loader):
    losses = []
    for x, y in loader:
        losses.append(criterion(model(x), y).item())
    return sum(losses) / len(losses)


# the epochs
for epoch in range(9):
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
EVALUATION
print("done")
"""


@pytest.mark.parametrize(
    ("evaluation", "name"),
    [
        ("with torch.no_grad():\n    held_out = F.cross_entropy(model(xv), yv)", "held_out"),
        ("model.eval()\nwith torch.inference_mode():\n    v = criterion(model(xv), yv).item()\n    a = acc()", "v"),
        ("total = 0.0\nwith torch.no_grad():\n    for x, y in val:\n        total += criterion(model(x), y)", "total"),
        ("with torch.no_grad():\n    t = 0\n    for x, y in val:\n        t += len(x) * criterion(model(x), y)", "t"),
        ("s = 0\nfor x, y in val:\n    with torch.no_grad():\n        s += criterion(model(x), y).item()", "s"),
        ("score = evaluate(val)\nprint(score)", "score"),
        ("score = mean_loss(val)\nprint(score, accuracy(val))", "score"),
    ],
)
def test_early_stopping_where_an_evaluation_is(evaluation: str, name: str) -> None:
    text = EPOCHS.replace("EVALUATION", "\n".join("    " + line for line in evaluation.splitlines()))
    assert changed(text, "early-stop", patience=4) == [
        "import rectifier.nn",
        "stopping = rectifier.nn.EarlyStopping(model, patience=4)",
        f"    if stopping({name}):",
        "        break",
    ]


@pytest.mark.parametrize(
    "evaluation",
    [
        "pass",  # none
        "if epoch % 2:\n    with torch.no_grad():\n        v = criterion(model(xv), yv)",  # not in every epoch
        "with torch.no_grad():\n    for x, y in val:\n        v = criterion(model(x), y)",  # of the last batch alone
        "with torch.no_grad():\n    for x, y in val:\n        total += criterion(model(x), y)",  # over all epochs
        "v = criterion(model(xv), yv).item()",  # with gradients: it may be trained on
        "a = accuracy(val)",  # prints its loss, and gives what is better the higher it is
        "a, b = evaluate(train), evaluate(val)",  # of two
        "a = evaluate(train)\nb = evaluate(val)",
    ],
)
def test_no_early_stopping_where_the_loss_has_no_name(evaluation: str) -> None:
    text = EPOCHS.replace("EVALUATION", "\n".join("    " + line for line in evaluation.splitlines()))
    code = Code(text)
    remedy = remedies.get("early-stop")
    assert not remedy.change(code, remedy.use(patience=3), steps=100)
    assert code.text == text


def test_early_stopping_goes_below_the_comment_and_takes_a_free_name() -> None:
    evaluation = "    with torch.no_grad():\n        stopping = criterion(model(xv), yv)"
    code = Code(EPOCHS.replace("EVALUATION", evaluation))
    assert remedies.get("early-stop").change(code, remedies.get("early-stop").use(patience=3), steps=100)
    assert "# the epochs\nearly_stopping = rectifier" in code.text
    assert "    if early_stopping(stopping):\n        break\nprint" in code.text


def test_early_stopping_around_functions() -> None:
    text = """import torch
from torch import nn


def train(model, optimizer):
    for x, y in loader:
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()


def evaluate(model):
    with torch.no_grad():
        return nn.functional.mse_loss(model(x_val), y_val).item()


def main():
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    epoch = 0
    while epoch < 30:
        train(model, optimizer)
        val_loss = evaluate(model)
        epoch += 1
"""
    assert changed(text, "early-stop", patience=2) == [
        "import rectifier.nn",
        "    stopping = rectifier.nn.EarlyStopping(model, patience=2)",
        "        if stopping(val_loss):",
        "            break",
    ]
