# ruff: noqa: E501  # headers of exports are as long as they are
"""Every preset on its documented columns and the odd cases of its system."""

from __future__ import annotations

import json

import pytest

from tenure_connectors.conversion import WITHOUT, convert, recognise_preset
from tenure_connectors.presets import EXPORTS
from tenure_features.errors import DataContractError, UsageError


def test_woocommerce__guests_are_their_e_mail_and_statuses_mean_something(read_export, orders):
    converted = read_export(
        "order_id,order_number,order_date,status,shipping_total,tax_total,order_total,order_currency,customer_id,"
        "billing_email,billing_country,refunded_total",
        "1,1,2024-01-05 10:00:00,wc-completed,5,20,125,EUR,7,ann@example.org,DE,0",
        "2,2,2024-01-06 10:00:00,completed,0,0,10,EUR,0,Ben@Example.org,DE,0",
        "3,3,2024-01-07 10:00:00,refunded,0,0,30,EUR,0,ben@example.org,DE,",
        "4,4,2024-01-08 10:00:00,wc-cancelled,0,0,40,EUR,7,ann@example.org,DE,0",
        "5,5,2024-01-08 10:00:00,failed,0,0,40,EUR,7,ann@example.org,DE,0",
        "6,6,2024-01-08 10:00:00,wc-ready-to-ship,0,0,40,EUR,7,ann@example.org,DE,0",
    )
    assert orders(converted) == {"1": ("7", 100.0), "2": ("ben@example.org", 10.0), "3": ("ben@example.org", 0.0)}
    assert "1 payments that failed: left out (failed)." in converted.account
    unknown = "Statuses without a known meaning were taken for: not paid or not decided yet (wc-ready-to-ship)."
    assert unknown in converted.account


def test_woocommerce_analytics__is_known_apart_from_the_export(read_export, orders):
    converted = read_export(
        "Date,Order #,N. Revenue,Status,Customer,Customer type,Product(s),Items Sold,Coupon(s)",
        "2024-01-05 10:00:00,11,$20.50,completed,Ann B,new,1x Mug,1,",
        "2024-01-06 10:00:00,12,$5.00,cancelled,Ann B,returning,1x Tea,1,",
    )
    assert converted.preset.name == "woocommerce_analytics"
    assert orders(converted) == {"11": ("Ann B", 20.5)}


def test_stripe__takes_refunds_tests_and_failures_out_and_the_settled_currency(read_export, orders):
    converted = read_export(
        "id,Description,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,"
        "Converted Amount Refunded,Converted Currency,Mode,Status,Customer ID,Customer Email",
        'ch_1,a,2024-01-05 10:00:00,"1,100.00",0.00,usd,true,1000.00,0.00,eur,Live,Paid,cus_1,a@x.org',
        "ch_2,a,2024-01-06 10:00:00,50.00,20.00,eur,true,50.00,20.00,eur,Live,Paid,,B@x.org",
        "ch_3,a,2024-01-07 10:00:00,50.00,50.00,eur,true,50.00,50.00,eur,Live,Refunded,cus_1,a@x.org",
        "ch_4,a,2024-01-08 10:00:00,50.00,0.00,eur,false,,,,Live,Failed,cus_1,a@x.org",
        "ch_5,a,2024-01-08 10:00:00,50.00,0.00,eur,true,50.00,0.00,eur,Test,Paid,cus_1,a@x.org",
        "ch_6,a,2024-01-08 10:00:00,50.00,0.00,eur,true,,,,Live,Failed,cus_1,a@x.org",
    )
    assert orders(converted) == {"ch_1": ("cus_1", 1000.0), "ch_2": ("b@x.org", 30.0), "ch_3": ("cus_1", 0.0)}
    assert "Currencies: EUR (3)." in converted.account
    assert "1 tests: left out (Paid)." in converted.account


def test_bitrix24__in_cp1251_counts_won_deals_alone(read_export, orders):
    converted = read_export(
        "ID;Воронка;Стадия сделки;Название сделки;Сумма;Валюта;Контакт;Компания;Дата создания;Дата завершения",
        "1;Продажи;Сделка успешна;Сделка 1;12 500,50;RUB;Иванов Иван;;01.02.2024 10:00:00;05.02.2024",
        "2;Продажи;Сделка провалена;Сделка 2;9 000;RUB;Иванов Иван;;02.02.2024 10:00:00;06.02.2024",
        "3;Продажи;В работе;Сделка 3;7 000;RUB;Петрова Анна;;03.02.2024 10:00:00;",
        "4;Продажи;Сделка успешна;Сделка 4;3 000;RUB;;ООО Ромашка;04.02.2024 10:00:00;",
        encoding="cp1251",
    )
    assert converted.preset.name == "bitrix24"
    assert orders(converted) == {"1": ("иванов иван", 12500.5), "4": ("ооо ромашка", 3000.0)}
    assert converted.tables["orders"]["ordered_at"].to_pylist() == ["05.02.2024", "04.02.2024 10:00:00"]
    assert "1 lost deals: left out (Сделка провалена)." in converted.account
    assert any(told.startswith("Read as CP1251") for told in converted.account)


def test_bitrix24__believes_the_semantic_of_a_stage_before_its_name(read_export, orders):
    converted = read_export(
        "ID,DATE_CREATE,STAGE_ID,STAGE_SEMANTIC_ID,OPPORTUNITY,CURRENCY_ID,CONTACT_ID,CONTACT,CLOSEDATE",
        "1,2024-02-01,C5:OWN,S,100,EUR,9,[9] Ann,2024-02-03",
        "2,2024-02-01,WON,F,100,EUR,9,[9] Ann,2024-02-03",
    )
    assert orders(converted) == {"1": ("9", 100.0)}


def test_amocrm__never_takes_the_deal_for_the_customer(read_export, orders):
    converted = read_export(
        "ID,Название сделки,Компания,Основной контакт,Ответственный,Этап сделки,Воронка,Бюджет,Дата создания,Дата закрытия,"
        "Рабочий email",
        "31,Стол,,Анна,Менеджер,Успешно реализовано,Продажи,15000,01.02.2024 10:00:00,03.02.2024 12:00:00,anna@example.org",
        "32,Стул,,Анна,Менеджер,Закрыто и не реализовано,Продажи,5000,02.02.2024 10:00:00,04.02.2024 12:00:00,anna@example.org",
        "33,Шкаф,,Анна,Менеджер,Принимают решение,Продажи,9000,02.02.2024 10:00:00,,anna@example.org",
    )
    assert orders(converted) == {"31": ("anna@example.org", 15000.0)}


def test_crm__won_deals_of_salesforce_and_hubspot(read_export, orders):
    salesforce = read_export(
        "Id,Name,AccountId,Amount,CloseDate,StageName,IsWon,IsClosed,CurrencyIsoCode",
        "006A,Renewal,001A,100,2024-01-05,Ganado,true,true,EUR",
        "006B,New,001A,200,2024-02-05,Closed Lost,false,true,EUR",
        "006C,Open,001B,300,2024-03-05,Prospecting,false,false,EUR",
    )
    assert (salesforce.preset.name, orders(salesforce)) == ("salesforce", {"006A": ("001A", 100.0)})
    hubspot = read_export(
        "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Amount in company currency,Close Date,Create Date,"
        "Associated Contact,Associated Contact IDs,Currency",
        "5,Renewal,Closed Won (Sales Pipeline),Sales,110,100,2024-01-05 10:00,2024-01-01 10:00,Ann (a@x.org),901,USD",
        "6,New,Closed Lost (Sales Pipeline),Sales,50,50,2024-01-05 10:00,2024-01-01 10:00,Ann (a@x.org),901,EUR",
    )
    assert (hubspot.preset.name, orders(hubspot)) == ("hubspot", {"5": ("901", 100.0)})


def test_magento_and_square__read_their_refunds(read_export, orders):
    magento = read_export(
        "ID,Purchase Point,Purchase Date,Bill-to Name,Grand Total (Base),Status,Shipping and Handling,Customer Email,Total Refunded",
        '000000001,Main,"Jan 5, 2024, 10:00:00 AM",Ann,$110.00,Complete,$10.00,ann@example.org,',
        '000000002,Main,"Jan 6, 2024, 10:00:00 AM",Ann,$110.00,Closed,$10.00,ann@example.org,$110.00',
        '000000003,Main,"Jan 6, 2024, 10:00:00 AM",Ann,$110.00,Suspected Fraud,$10.00,ann@example.org,',
    )
    assert orders(magento) == {"000000001": ("ann@example.org", 100.0), "000000002": ("ann@example.org", 0.0)}
    square = read_export(
        "Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Tax,Tip,Total Collected,Source,Transaction ID,Event Type,"
        "Location,Customer ID,Customer Name",
        "2024-01-05,10:00:00,UTC,$22.00,($2.00),$20.00,$2.00,$1.00,$23.00,Register,t1,Payment,Main,C1,Ann",
        "2024-01-09,10:00:00,UTC,($20.00),$0.00,($20.00),($2.00),$0.00,($22.00),Register,t1,Refund,Main,C1,Ann",
        "2024-01-09,11:00:00,UTC,$9.00,$0.00,$9.00,$0.00,$0.00,$9.00,Register,t2,Payment,Main,,",
    )
    assert orders(square) == {"t1": ("C1", 0.0), "t2": (None, 9.0)}
    assert square.tables["orders"]["ordered_at"].to_pylist()[0] == "2024-01-05 10:00:00"


def test_one_c__reads_returns_and_leaves_collective_buyers_out(read_export):
    converted = read_export(
        "Период;Регистратор;Контрагент;Номенклатура;Количество;Сумма;НДС;Дисконтная карта",
        "05.02.2024 10:00:00;Реализация (акт, накладная) 001 от 05.02.2024;ООО Ромашка;Стол;2;1 200,00;200,00;",
        "06.02.2024 10:00:00;Возврат товаров от покупателя 002 от 06.02.2024;ООО Ромашка;Стол;1;600,00;100,00;",
        "07.02.2024 10:00:00;Чек ККМ 003 от 07.02.2024;Розничный покупатель;Стул;1;120,00;20,00;",
        "08.02.2024 10:00:00;Чек ККМ 004 от 08.02.2024;Розничный покупатель;Стул;1;120,00;20,00;К-17",
    )
    by_customer = (
        converted.tables["orders"].to_pandas().fillna({"customer_id": "-"}).groupby("customer_id")["revenue"].sum()
    )
    assert by_customer.to_dict() == {"-": 100.0, "к-17": 100.0, "ооо ромашка": 500.0}
    assert converted.tables["order_lines"].num_rows == 4


def test_marketplaces__say_that_nobody_can_be_followed(read_export, orders, tmp_path):
    amazon = read_export(
        "order-id\torder-item-id\tpurchase-date\tbuyer-email\tbuyer-name\tsku\tquantity-purchased\tcurrency\titem-price\t"
        "item-tax\tshipping-price\titem-promotion-discount",
        "303-1\t1\t2024-01-05T10:00:00+00:00\tq1@marketplace.amazon.de\tAnn\tMUG\t2\tEUR\t20.00\t3.80\t4.00\t-2.00",
        name="orders.txt",
    )
    assert orders(amazon) == {"303-1": ("q1@marketplace.amazon.de", 18.0)}
    ozon = read_export(
        "Номер заказа;Номер отправления;Принят в обработку;Статус;Артикул;Итоговая стоимость товара;Код валюты товара;Количество",
        "12345678-0001;12345678-0001-1;2024-02-05 10:00:00;Доставлен;MUG;500;RUB;1",
        "12345678-0002;12345678-0002-1;2024-03-05 10:00:00;Отменён;MUG;500;RUB;1",
    )
    assert orders(ozon) == {"12345678-0001": ("12345678", 500.0)}
    for header in (
        "Предмет;Артикул поставщика;Тип документа;Обоснование для оплаты;Дата продажи;Srid",
        "Номер заказа;Дата оформления;Ваш SKU;Статус заказа;Цена",
        "amazon-order-id;merchant-order-id;purchase-date;order-status;sku;item-price",
    ):
        path = tmp_path / "report.csv"
        path.write_text(header + "\n" + ";".join("1" for _ in header.split(";")) + "\n")
        with pytest.raises(DataContractError, match="names no buyers"):
            convert(str(path))


def ga4(name, stamp, **fields):
    return json.dumps({"event_name": name, "event_timestamp": str(stamp), "user_pseudo_id": "b.1", **fields})


def test_ga4__counts_a_purchase_once_and_dates_refunds(read_export, orders):
    bought = {"ecommerce": {"transaction_id": "T1", "purchase_revenue": 100.0}, "user_id": "u1",
              "items": [{"item_id": "MUG", "item_brand": "Acme", "item_category": "x", "quantity": 2, "price": 50.0}]}  # fmt: skip
    converted = read_export(
        ga4("page_view", 1704448800000000, device={"category": "mobile"}),
        ga4("purchase", 1704448801000000, **bought),
        ga4("purchase", 1704448901000000, **bought),
        ga4("refund", 1704548801000000, user_id="u1", ecommerce={"transaction_id": "T1", "refund_value": 40.0}),
        ga4("purchase", 1704648801000000, ecommerce={"transaction_id": "T2", "purchase_revenue": 7.0}),
        name="events_20240105.jsonl",
    )
    assert orders(converted) == {"T1": ("u1", 60.0), "T2": ("b.1", 7.0)}
    assert converted.tables["events"].to_pylist() == [
        {"customer_id": "b.1", "occurred_at": "1704448800000000", "event": "visit", "device": "mobile"}
    ]
    assert converted.tables["order_lines"].to_pandas()[["order_id", "product_id", "quantity", "unit_price"]].to_numpy().tolist() == [
        ["T1", "MUG", 2.0, 50.0]
    ]  # fmt: skip


def test_metrica__orders_and_visits(read_export, orders):
    converted = read_export(
        "id,create_date_time,client_uniq_id,client_ids,emails,phones,revenue,cost,order_status",
        "1,2024-01-05 10:00:00,u1,,,,100,60,PAID",
        "2,2024-01-06 10:00:00,u1,,,,100,60,SPAM",
        "3,2024-01-07 10:00:00,,,a@x.org,,50,,PAID",
    )
    assert orders(converted) == {"1": ("u1", 100.0), "3": ("a@x.org", 50.0)}
    visits = read_export(
        "ym:s:visitID\tym:s:clientID\tym:s:dateTimeUTC\tym:s:pageViews\tym:s:lastTrafficSource",
        "9\t77\t2024-01-05 10:00:00\t3\torganic",
        name="visits.tsv",
    )
    assert visits.tables["events"].to_pylist() == [
        {
            "customer_id": "77",
            "occurred_at": "2024-01-05 10:00:00",
            "event": "visit",
            "value": 3.0,
            "channel": "organic",
        }
    ]


@pytest.mark.parametrize(
    ("preset", "header", "row", "event"),
    [
        (
            "klaviyo",
            "Event,Timestamp,Email,Klaviyo ID,Campaign Name",
            "Opened Email,2024-01-05T10:00:00Z,a@x.org,01H,May",
            "email_open",
        ),
        (
            "mailchimp",
            "Email Address,Action,Timestamp,Campaign",
            "a@x.org,click,2024-01-05 10:00:00,May",
            "email_click",
        ),
        (
            "unisender",
            "email,send_result,last_update,campaign_id",
            "a@x.org,ok_read,2024-01-05 10:00:00,May",
            "email_open",
        ),
    ],
)
def test_mail__events_have_the_names_and_the_campaign_of_the_contract(read_export, preset, header, row, event):
    converted = read_export(header, row)
    events = converted.tables["events"]
    assert (converted.preset.name, events["event"].to_pylist()) == (preset, [event])
    assert events["campaign"].to_pylist() == ["May"]


@pytest.mark.parametrize(
    ("preset", "header", "row"),
    [
        ("google_ads", "Day,Campaign,Cost,Clicks,Impr.,Currency code", '2024-01-05,May,"1,200.50",7,900,EUR'),
        ("meta_ads", "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks", "2024-01-05,May,1200.50,900,7"),
        ("yandex_direct", "Date,CampaignId,CampaignName,Cost,Clicks,Impressions", "2024-01-05,1,May,1200.50,7,900"),
        ("vk_ads", "Дата;Кампания;Потрачено, ₽;Показы;Клики", "05.01.2024;May;1 200,50;900;7"),
    ],
)
def test_advertising__costs_become_spend(read_export, preset, header, row):
    delimiter = ";" if ";" in header else ","
    converted = read_export(header, row, "Total" + delimiter * header.count(delimiter))
    assert converted.preset.name == preset
    (day,) = converted.tables["spend"].to_pylist()
    assert (day["channel"], day["campaign"], day["cost"], day["clicks"], day["impressions"]) == (
        preset,
        "May",
        1200.5,
        7,
        900,
    )


def test_convert__leaves_what_it_does_not_know(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,ordered_at,revenue\na,2024-01-01,1\n")
    assert convert(str(path)) is None
    assert convert(str(path), name=WITHOUT) is None
    with pytest.raises(DataContractError, match=r"is no Stripe payments export: it lacks id, Created date"):
        convert(str(path), name="stripe")
    with pytest.raises(UsageError, match=r"no preset 'magenta'.*magento"):
        convert(str(path), name="magenta")


def test_presets__are_told_apart_by_their_own_headers():
    for preset in EXPORTS:
        header = [names[0].rstrip("*") for names in preset.columns.values()]
        assert recognise_preset(header) is preset
        assert set(preset.required) <= set(preset.columns)
        assert preset.impossible or preset.tables
