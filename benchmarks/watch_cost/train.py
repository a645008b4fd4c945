"""One training, for so many steps, plain or with an instrument as its own documentation says to use it.

    python train.py NET STEPS [INSTRUMENT]

Rectifier needs no line in here: it runs the plain one.
"""

import contextlib
import sys

import torch
from torch import nn

NETS = {
    "mlp-1024": (
        lambda: nn.Sequential(*[m for _ in range(6) for m in (nn.Linear(1024, 1024), nn.ReLU())], nn.Linear(1024, 10)),
        lambda: torch.randn(128, 1024),
    ),
    "conv": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(64, 10),
        ),
        lambda: torch.randn(64, 3, 32, 32),
    ),
    "mlp-256": (
        lambda: nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)),
        lambda: torch.randn(64, 64),
    ),
}  # fmt: skip


class Plain:
    """Nothing. The others override what they need."""

    def __init__(self, model, optimizer):
        self.model, self.optimizer = model, optimizer

    def before(self, step):
        pass

    def after_backward(self, step, loss):
        pass

    def after(self, step, loss):
        pass

    def end(self):
        pass


class Torchmortem(Plain):
    """Its quick start."""

    def __init__(self, model, optimizer):
        from torchmortem import Autopsy

        self.stack = contextlib.ExitStack()
        self.autopsy = self.stack.enter_context(Autopsy(model, optimizer=optimizer))

    def after(self, step, loss):
        self.autopsy.step(loss=loss.item())

    def end(self):
        self.stack.close()
        self.autopsy.report("autopsy_report.html")


class Gradsnitch(Plain):
    """Its quick start."""

    def __init__(self, model, optimizer):
        import gradsnitch

        self.monitor = gradsnitch.watch(model, optimizer, check_every=50)

    def after_backward(self, step, loss):
        self.monitor.log(step, loss.item())

    def end(self):
        self.monitor.report()


class TorchModuleMonitor(Plain):
    """Its quick start: every tenth step."""

    def __init__(self, model, optimizer):
        from torch_module_monitor import ModuleMonitor

        self.monitor = ModuleMonitor(monitor_step_fn=lambda step: step % 10 == 0)
        self.monitor.set_module(model)
        self.monitor.add_activation_metric("mean", lambda x: x.mean())
        self.monitor.add_parameter_metric("norm", lambda x: x.norm())
        self.monitor.add_gradient_metric("norm", lambda x: x.norm())

    def before(self, step):
        self.monitor.begin_step(step)

    def after_backward(self, step, loss):
        self.monitor.monitor_parameters()
        self.monitor.monitor_gradients()

    def after(self, step, loss):
        self.monitor.end_step()
        if self.monitor.is_step_monitored(step):
            self.monitor.get_step_metrics()


class Tensorboard(Plain):
    """Histograms of parameters and gradients every hundredth step, the loss at every one."""

    def __init__(self, model, optimizer):
        from torch.utils.tensorboard import SummaryWriter

        self.model, self.writer = model, SummaryWriter("runs")

    def after_backward(self, step, loss):
        self.writer.add_scalar("loss", loss.item(), step)
        if step % 100 == 0:
            for name, p in self.model.named_parameters():
                self.writer.add_histogram(name, p, step)
                self.writer.add_histogram(name + ".grad", p.grad, step)

    def end(self):
        self.writer.close()


class Wandb(Plain):
    """`watch` with its own default frequency, offline, and the loss logged at every step."""

    def __init__(self, model, optimizer):
        import wandb

        self.wandb = wandb
        wandb.init(mode="offline", project="cost", settings=wandb.Settings(console="off", silent=True))
        wandb.watch(model, log="all")

    def after(self, step, loss):
        self.wandb.log({"loss": loss.item()})

    def end(self):
        self.wandb.finish()


INSTRUMENTS = {
    "plain": Plain, "torchmortem": Torchmortem, "gradsnitch": Gradsnitch,
    "torch-module-monitor": TorchModuleMonitor, "tensorboard": Tensorboard, "wandb": Wandb,
}  # fmt: skip


def main():
    net, steps, instrument = sys.argv[1], int(sys.argv[2]), (sys.argv[3:] or ["plain"])[0]
    torch.manual_seed(0)
    make, batch = NETS[net]
    model = make()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    loss_of = nn.CrossEntropyLoss()
    x, y = batch(), None
    y = torch.randint(10, (len(x),))
    watch = INSTRUMENTS[instrument](model, optimizer)
    for step in range(steps):
        watch.before(step)
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        watch.after_backward(step, loss)
        optimizer.step()
        watch.after(step, loss)
    watch.end()
    print(loss.item())


if __name__ == "__main__":
    main()
