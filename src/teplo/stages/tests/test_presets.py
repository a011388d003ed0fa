import pytest

from teplo.conditions import registry
from teplo.conditions.reading import read_json
from teplo.stages.models import Stage
from teplo.stages.presets import PRESETS, UnknownPreset, install

LANGUAGES = {"ru", "uk", "en"}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_stage_speaks_three_languages(preset):
    for texts in (
        preset.names,
        preset.about,
        *(step.names for step in preset.steps),
        *(s.actions for s in preset.steps),
    ):
        assert set(texts) == LANGUAGES
        assert all(texts.values())


@pytest.mark.django_db
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_sign_can_be_asked(preset):
    vocabulary = registry.people()
    for step in preset.steps:
        if step.sign:
            read_json(step.sign, vocabulary, of_known_values=False)


@pytest.mark.django_db
def test_the_seven_stages_stand_from_the_start():
    ladder = Stage.objects.filter(is_active=True, is_beside=False)
    assert [stage.names["ru"] for stage in ladder] == [
        "Таинственный незнакомец", "Новый знакомый", "Знакомый", "Приятель", "Друг", "Близкий друг", "Член семьи",
    ]  # fmt: skip
    assert list(Stage.objects.filter(is_beside=True).values_list("key", flat=True)) == ["cold", "non-target", "lost"]


@pytest.mark.django_db
def test_another_ladder_replaces_the_former_and_brings_it_back_as_it_was_edited():
    Stage.objects.filter(key="pal").update(trade_name="Our lead")
    install("lead-prospect")
    active = Stage.objects.filter(is_active=True, is_beside=False)
    assert [stage.key for stage in active] == ["lead", "prospect", "opportunity", "customer"]
    install("seven-stage")
    assert Stage.objects.get(key="pal").trade_name == "Our lead"
    assert active.all().count() == 7


@pytest.mark.django_db
def test_an_unknown_ladder_is_refused():
    with pytest.raises(UnknownPreset):
        install("eight")
