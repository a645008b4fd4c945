"""Transformers' Trainer on a small GPT-2 with random weights, which learns the text of Python's own documentation."""

from pydoc_data.topics import topics

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

BLOCK = 64


class Characters(torch.utils.data.Dataset):
    def __init__(self, text):
        self.codes = torch.tensor([min(ord(c), 127) for c in text])

    def __len__(self):
        return len(self.codes) // BLOCK

    def __getitem__(self, i):
        block = self.codes[i * BLOCK : (i + 1) * BLOCK]
        return {"input_ids": block, "labels": block}


set_seed(0)
text = "".join(topics[name] for name in sorted(topics))
model = GPT2LMHeadModel(
    GPT2Config(
        vocab_size=128,
        n_positions=BLOCK,
        n_embd=64,
        n_layer=2,
        n_head=4,
        bos_token_id=0,
        eos_token_id=0,
        activation_function="relu",
    )
)
trainer = Trainer(
    model=model,
    args=TrainingArguments(
        output_dir="out",
        max_steps=200,
        per_device_train_batch_size=16,
        learning_rate=1e-3,
        warmup_steps=20,
        logging_steps=20,
        eval_strategy="steps",
        eval_steps=20,
        save_strategy="no",
        report_to="none",
        dataloader_num_workers=0,
        disable_tqdm=True,
        use_cpu=True,
    ),
    train_dataset=Characters(text[:200_000]),
    eval_dataset=Characters(text[200_000:204_000]),
)
trainer.train()
trainer.save_model("out/last")
