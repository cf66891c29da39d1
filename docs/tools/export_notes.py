"""What a reader must know of exports, in Russian: the notes of presets, sentence by sentence."""

RUSSIAN_NOTES = {
    "The export does not say when refunds happened: they lower their order from the start. The bulk export does.":
        "Выгрузка не говорит, когда были возвраты: они уменьшают свой заказ с самого начала. Bulk-выгрузка говорит.",
    "Later ones are dated where each export is landed in a store by tenure pull.":
        "Дальнейшие возвраты датируются, если каждую выгрузку класть в хранилище командой tenure pull.",
    "Refunds are lines of their order at their own moment; ask for refunds { createdAt totalRefundedSet }.":
        "Возвраты — строки своего заказа в свой момент; запросите refunds { createdAt totalRefundedSet }.",
    "Guests (customer 0) are their e-mail. Refunds lower their order from the start: the export has no date.":
        "Гости (покупатель 0) — это их e-mail. Возвраты уменьшают свой заказ с самого начала: даты в выгрузке нет.",
    "The report names customers by their name alone: two of one name are one. Prefer the orders export.":
        "Отчёт называет покупателей только по имени: двое тёзок — один. Лучше выгрузка заказов.",
    "Amounts are those converted to your own currency where Stripe converted them; taxes are part of them.":
        "Суммы — в вашей валюте, где Stripe их пересчитал; налоги входят в них.",
    "Refunds lower their payment from the start: the export does not say when they happened.":
        "Возвраты уменьшают свой платёж с самого начала: выгрузка не говорит, когда они были.",
    "A sale is dated by the day the deal was closed, else by the day it was created.":
        "Продажа датируется днём закрытия сделки, а если его нет — днём создания.",
    "The grid names no taxes: they are part of the revenue. Customers are told apart by e-mail.":
        "В таблице нет налогов: они входят в выручку. Покупатели различаются по e-mail.",
    "Revenue is net sales: without taxes and tips. A refund is a row of its own, at its own moment.":
        "Выручка — чистые продажи, без налогов и чаевых. Возврат — отдельная строка в свой момент.",
    "Buyers are told apart by the address that Amazon gives each of them for a shop.":
        "Покупатели различаются по адресу, который Amazon даёт каждому для одного магазина.",
    "A buyer is the number before the dash of an order's number, which Ozon does not document: check that it fits.":
        "Покупатель — число до дефиса в номере заказа; Ozon этого не описывает: проверьте, что это так.",
    "Revenue is without VAT where the register names it. Documents of returns lower their day.":
        "Выручка без НДС, если регистр его называет. Документы возврата уменьшают свой день.",
    "Retail sales to a collective buyer (Розничный покупатель) name nobody, unless a card is given.":
        "Розничные продажи общему покупателю никого не называют, если не указана карта.",
    "A customer is the account of an opportunity; a sale is dated by its close date.":
        "Клиент — организация возможности; продажа датируется датой закрытия.",
    "A customer is the contact of a deal, else its company; a sale is dated by its close date.":
        "Клиент — контакт сделки, а если его нет — компания; продажа датируется датой закрытия.",
    "Moments are event_timestamp, microseconds in UTC, not event_date of the property's zone.":
        "Моменты — event_timestamp, микросекунды UTC, а не event_date в часовом поясе ресурса.",
    "A purchase counts once however often it was sent; read the last three days again, they change.":
        "Покупка считается один раз, сколько бы её ни отправляли; перечитывайте последние три дня, они меняются.",
    "Customers are user_id, else the browser: one person on two devices is two.":
        "Клиент — user_id, а если его нет — браузер: один человек на двух устройствах — двое.",
    "Customers are those the counter names; link them to the shop's by identifiers.":
        "Клиенты — те, кого называет счётчик; связывайте их с покупателями магазина через идентификаторы.",
    "Costs are as the report has them: with or without VAT, as it was ordered.":
        "Расходы — как в отчёте: с НДС или без, смотря как он заказан.",
    "it names no buyers, so nobody can be followed from one order to the next. The order report "
    "(order-id, buyer-email, ...) has an address for each.":
        "в ней нет покупателей, поэтому никого нельзя проследить от заказа к заказу. В отчёте о заказах "
        "(order-id, buyer-email, ...) у каждого есть адрес.",
    "it names no buyers, so nobody can be followed from one order to the next.":
        "в ней нет покупателей, поэтому никого нельзя проследить от заказа к заказу.",
}  # fmt: skip
"""Russian by English."""
