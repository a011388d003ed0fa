from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "teplo.people"
    label = "people"
