from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "teplo.accounts"
    label = "accounts"
