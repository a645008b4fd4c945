"""The clinic: small training scripts, sick and healthy, whose truth is measured without Rectifier. See README.md."""
