"""The commands about models: one module for each thing that a person does with them."""
