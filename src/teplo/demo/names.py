# ruff: noqa: E501 - lists of words
"""Invented people with names as they are really given: Russian, Ukrainian and English, surnames in the right gender."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_RU_MEN = "Александр Алексей Андрей Антон Артём Борис Вадим Валерий Виктор Владимир Глеб Григорий Даниил Денис Дмитрий Евгений Егор Иван Игорь Илья Кирилл Константин Леонид Максим Михаил Никита Николай Олег Павел Пётр Роман Руслан Сергей Станислав Степан Тимофей Фёдор Юрий Ярослав"
_RU_WOMEN = "Александра Алина Алла Анастасия Анна Валентина Вера Вероника Виктория Галина Дарья Евгения Екатерина Елена Елизавета Жанна Инна Ирина Кристина Ксения Лариса Лидия Любовь Людмила Маргарита Марина Мария Надежда Наталья Оксана Ольга Полина Светлана София Тамара Татьяна Ульяна Юлия Яна"
_RU_SURNAMES = "Абрамов Алексеев Андреев Антонов Баранов Белов Беляев Богданов Борисов Васильев Виноградов Волков Воробьёв Гаврилов Герасимов Голубев Гончаров Григорьев Громов Гусев Давыдов Данилов Денисов Дмитриев Егоров Ершов Ефимов Жуков Зайцев Захаров Зимин Иванов Ильин Казаков Калинин Киселёв Ковалёв Козлов Комаров Копылов Королёв Крылов Кудрявцев Кузнецов Лазарев Лебедев Макаров Максимов Медведев Миронов Морозов Назаров Никитин Новиков Орлов Осипов Павлов Поляков Попов Рябов Савельев Семёнов Сидоров Соколов Соловьёв Сорокин Степанов Тарасов Титов Тихонов Устинов Фёдоров Филиппов Фомин Фролов Цветков Чернов Шаров Щербаков Яковлев"
_UK_MEN = "Андрій Антон Артем Богдан Валерій Василь Віктор Віталій Володимир Гліб Григорій Данило Денис Дмитро Євген Захар Іван Ігор Ілля Кирило Костянтин Лев Любомир Максим Марко Микита Микола Михайло Назар Олег Олександр Олексій Остап Павло Петро Роман Руслан Святослав Сергій Степан Тарас Юрій Ярослав"
_UK_WOMEN = "Аліна Алла Анастасія Анна Богдана Валентина Віра Вероніка Вікторія Галина Дарина Діана Євгенія Зоряна Інна Ірина Катерина Христина Ксенія Лариса Леся Лілія Любов Людмила Марина Марія Мирослава Надія Наталія Оксана Олена Ольга Поліна Роксолана Світлана Софія Соломія Тамара Тетяна Уляна Юлія Яна"
_UK_SURNAMES = "Бабенко Бондаренко Бойко Василенко Гаврилюк Гнатюк Гончаренко Гриценко Данилюк Демченко Дяченко Захарченко Іваненко Карпенко Клименко Коваленко Кравченко Кравчук Кузьменко Лисенко Литвиненко Мазур Марченко Мельник Мироненко Мороз Назаренко Олійник Остапенко Павленко Панченко Петренко Поліщук Пономаренко Приходько Романюк Руденко Савченко Сидоренко Симоненко Ткаченко Ткачук Федоренко Харченко Хоменко Чорненко Шевченко Шевчук Юрченко Яременко"
_EN_MEN = "Adam Alan Andrew Anthony Ben Callum Charles Chris Daniel David Edward Ethan George Harry Henry Jack James Jamie Joe John Joshua Kevin Lewis Liam Luke Mark Martin Matthew Michael Nathan Neil Oliver Owen Patrick Paul Peter Philip Richard Robert Ryan Samuel Simon Stephen Thomas William"
_EN_WOMEN = "Abigail Alice Amelia Amy Anna Beth Caroline Charlotte Chloe Claire Daisy Eleanor Elizabeth Ella Emily Emma Eva Freya Grace Hannah Helen Holly Isabel Jane Jessica Joanna Julia Karen Kate Laura Lily Lucy Mary Megan Natalie Nicole Olivia Rachel Rebecca Rose Ruth Sarah Sophie Susan Victoria"
_EN_SURNAMES = "Adams Allen Baker Barnes Bell Bennett Brooks Brown Campbell Carter Clark Collins Cook Cooper Cox Davies Edwards Evans Fisher Foster Fox Gibson Graham Gray Green Hall Harris Harrison Hill Holmes Howard Hughes Hunt Jackson Jenkins Kelly King Knight Lee Lewis Marshall Mason Miller Mitchell Moore Morgan Morris Murphy Palmer Parker Phillips Powell Price Reed Reynolds Richards Roberts Rogers Russell Scott Shaw Simpson Spencer Stevens Stewart Taylor Thompson Turner Walker Ward Watson Webb West White Wilson Wood Wright Young"

_LATIN = dict(zip(
    "абвгґдеёєжзиіїйклмнопрстуфхцчшщъыьэюя",
    ["a", "b", "v", "h", "g", "d", "e", "e", "ie", "zh", "z", "y", "i", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "_", "y", "_", "e", "iu", "ia"],
    strict=True,
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A given name and a surname in the language they belong to."""

    first: str
    last: str
    language: str
    is_woman: bool

    def latin(self) -> str:
        """As it stands in an e-mail address: olena.kovalenko."""
        plain = f"{self.first}.{self.last}".lower()
        return "".join(_LATIN.get(letter, letter) for letter in plain).replace("_", "")


_WORDS = {
    "ru": (_RU_MEN.split(), _RU_WOMEN.split(), _RU_SURNAMES.split()),
    "uk": (_UK_MEN.split(), _UK_WOMEN.split(), _UK_SURNAMES.split()),
    "en": (_EN_MEN.split(), _EN_WOMEN.split(), _EN_SURNAMES.split()),
}


def draw_name(random: Random, *, language: str) -> Name:
    """A name of `language` (ru, uk, en)."""
    men, women, surnames = _WORDS[language]
    is_woman = random.random() < 0.47
    first, last = random.choice(women if is_woman else men), random.choice(surnames)
    if is_woman and language == "ru":
        last += "а"
    return Name(first, last, language, is_woman)
