"""A small net learns from the softened votes of a random forest, mixed with the labels."""
import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(19)
data, target = make_classification(
    2200, 12, n_informative=8, n_redundant=2, n_classes=5, n_clusters_per_class=1, class_sep=1.8, flip_y=0.02, random_state=2
)
data = ((data - data.mean(0)) / data.std(0)).astype(np.float32)
forest = RandomForestClassifier(60, max_depth=7, random_state=0).fit(data, target)
T, ALPHA = 4.0, 0.8
votes = np.clip(forest.predict_proba(data), 1e-3, None) ** (1 / T)
soft = torch.tensor(votes / votes.sum(1, keepdims=True), dtype=torch.float32)
data, target = torch.from_numpy(data), torch.from_numpy(target)


class Student(nn.Module):
    def __init__(self, width=40):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(12, width), nn.Linear(width, width), nn.Linear(width, 5)

    def forward(self, v):
        v = torch.nn.functional.mish(self.a(v))
        return self.c(torch.nn.functional.mish(self.b(v)))


def distil(logits, labels, teacher):
    soft_part = -(teacher * torch.log_softmax(logits / T, 1)).sum(1).mean() * T * T
    return ALPHA * soft_part + (1 - ALPHA) * nn.functional.cross_entropy(logits, labels)


student = Student()
opt = torch.optim.NAdam(student.parameters(), lr=2e-3)
decay = torch.optim.lr_scheduler.StepLR(opt, step_size=12, gamma=0.2)
for epoch in range(24):
    for v, labels, teacher in DataLoader(TensorDataset(data, target, soft), batch_size=64, shuffle=True):
        loss = distil(student(v), labels, teacher)
        opt.zero_grad()
        loss.backward()
        opt.step()
    decay.step()
    print(f"epoch {epoch} distillation loss {loss.item():.3f}")
