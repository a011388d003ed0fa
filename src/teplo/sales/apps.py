from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "teplo.sales"
    label = "sales"
