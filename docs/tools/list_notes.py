"""Words of the pages of lists and bids: examples of settings, and the Russian of what the code says."""

EXAMPLES: dict[str, dict[str, str]] = {
    "google": {"account": "1234567890", "audience": "77", "project": "mugs", "terms": "accepted"},
    "meta": {"audience": "23850000000000"},
    "hubspot": {"property": "tenure_list"},
    "bitrix24": {"field": "UF_CRM_1720697698"},
    "amocrm": {"account": "mugs", "field": "55"},
    "salesforce": {"domain": "mugs", "field": "Tenure__c"},
    "klaviyo": {},
}
"""What stands behind ``--set`` on the page of a platform."""

HOLDS = {
    "email": ("e-mail", "e-mail"),
    "phone": ("phone", "телефон"),
    "first_name": ("first name", "имя"),
    "last_name": ("last name", "фамилия"),
    "country": ("country, two letters", "страна, две буквы"),
    "postal_code": ("postal code", "индекс"),
    "customer_id": ("id of the customer", "номер клиента"),
    "value": ("the number that --value names", "число, которое называет --value"),
    "label": ("name of the list, or what --write names", "имя списка или то, что называет --write"),
}
"""What a column of contacts holds, in English and in Russian."""

RUSSIAN_LISTS = {
    "Google Customer Match and Data Manager": "Google Customer Match и Data Manager",
    "Meta custom audience": "Meta: индивидуализированная аудитория",
    "Yandex Audience": "Яндекс Аудитории",
    "Yandex.Metrica contacts": "Яндекс Метрика: контакты",
    "TikTok customer file": "TikTok: файл клиентов",
    "VK and myTarget list of e-mails": "VK и myTarget: список e-mail",
    "VK and myTarget list of phones": "VK и myTarget: список телефонов",
    "Klaviyo list": "Klaviyo: список",
    "HubSpot contacts with a property": "HubSpot: контакты со свойством",
    "Bitrix24 contacts with a field": "Битрикс24: контакты с полем",
    "amoCRM contacts with a field": "amoCRM: контакты с полем",
    "Salesforce accounts with a field": "Salesforce: организации с полем",
    "Mailchimp contacts with a tag": "Mailchimp: контакты с тегом",
    "UniSender contacts with a tag": "UniSender: контакты с тегом",
    "Google Ads": "Google Ads",
    "Meta": "Meta",
    "Yandex.Direct": "Яндекс Директ",
    "trimmed": "без пробелов по краям",
    "trimmed, lower case": "без пробелов по краям, строчными",
    "trimmed, upper case": "без пробелов по краям, прописными",
    "trimmed, lower case, without punctuation": "без пробелов по краям и знаков препинания, строчными",
    "lower case, without blanks and dashes": "строчными, без пробелов и дефисов",
    "trimmed, lower case; what is no address stays out": "без пробелов по краям, строчными; что не адрес, не попадает",
    "trimmed, lower case; at gmail.com and googlemail.com without dots and what follows a plus; what is no address "
    "stays out":
        "без пробелов по краям, строчными; в gmail.com и googlemail.com без точек и без того, что после плюса; "
        "что не адрес, не попадает",
    "digits with the code of the country, + first (E.164); without a country code and --region it stays out":
        "цифры с кодом страны, впереди + (E.164); без кода страны и --region не попадает",
    "digits with the code of the country, no +; without a country code and --region it stays out":
        "цифры с кодом страны, без +; без кода страны и --region не попадает",
    "the number of the contact there; an id that is no number stays out":
        "номер контакта там; что не число, не попадает",
    "the id of an account (001...) or a contact (003...); other ids stay out":
        "номер организации (001...) или контакта (003...); другие не попадают",
    "the e-mail, to find the contact": "e-mail, чтобы найти контакт",
    "what stands in the field": "то, что стоит в поле",
    "the number of the contact": "номер контакта",
    "the id of the account or contact": "номер организации или контакта",
    "the e-mail": "e-mail",
    "the e-mail, phone and names, hashed": "хеши e-mail, телефона и имён",
    "country and postal code": "страна и индекс",
    "the e-mail, phone, names, country and postal code, hashed": "хеши e-mail, телефона, имён, страны и индекса",
    "the id of the customer": "номер клиента",
    "the value": "ценность",
    "the internal name of a property of contacts": "внутреннее имя свойства контактов",
    "a field of contacts, such as UF_CRM_1720697698": "поле контактов, например UF_CRM_1720697698",
    "the number of a field of contacts": "номер поля контактов",
    "a field of accounts, such as Tenure__c": "поле организаций, например Tenure__c",
    "the part before .amocrm.ru": "часть адреса до .amocrm.ru",
    "the part before .my.salesforce.com": "часть адреса до .my.salesforce.com",
    "the number of the Google Ads account": "номер аккаунта Google Ads",
    "the number of the Customer Match list": "номер списка Customer Match",
    "the Google Cloud project that the token belongs to": "проект Google Cloud, которому принадлежит токен",
    "the word accepted, once you have accepted the terms of Customer Match":
        "слово accepted, когда вы приняли условия Customer Match",
    "the number of the custom audience": "номер аудитории",
    "import the CSV in Google Ads Editor": "загрузите CSV в Google Ads Editor",
    "the body of a value rule set of the Marketing API": "тело набора правил ценности в Marketing API",
    "the body of BidModifiers.add of the API of Direct": "тело BidModifiers.add в API Директа",
    "the devices of each campaign": "устройства каждой кампании",
    "each of its locations": "каждое её местоположение",
    "each of its regions": "каждый её регион",
    "each pair of a region and a device; the first rule that fits decides":
        "каждая пара региона и устройства; решает первое подходящее правило",
    "change of a bid, %": "изменение ставки, %",
    "bid of a device, % of the usual": "ставка устройства, % от обычной",
    "bid of a region, % of the usual": "ставка региона, % от обычной",
}  # fmt: skip
"""Russian by English; a text of the code that is not here stops the pages."""
