import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


def main():
    torch.manual_seed(42)
    X, y = load_digits(return_X_y=True)
    Xtr, Xte, ytr, yte = train_test_split(X / 16, y, random_state=0)
    Xtr, Xte = torch.tensor(Xtr).float(), torch.tensor(Xte).float()
    ytr, yte = torch.tensor(ytr), torch.tensor(yte)
    model = nn.Sequential(
        nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-6)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(15):
        model.train()
        for batch in torch.randperm(len(Xtr)).split(32):
            loss = loss_fn(model(Xtr[batch]), ytr[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            out = model(Xte)
        print(f"epoch {epoch}  val loss {loss_fn(out, yte):.4f}  acc {(out.argmax(1) == yte).float().mean():.3f}")


if __name__ == "__main__":
    main()
