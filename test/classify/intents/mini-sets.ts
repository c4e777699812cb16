/** Small sets in many languages, written for these tests: the same four intents, five examples each, and what a customer might say next. */

import type { TrainingSet } from "../../../src/classify/intents/training-set.ts";

export interface MiniSet {
  readonly language: string;
  readonly examples: Readonly<Record<string, readonly string[]>>;
  readonly messages: readonly (readonly [text: string, intent: string])[];
  readonly outside: readonly string[];
}

export const miniSets: readonly MiniSet[] = [
  {
    language: "Spanish",
    examples: {
      order: [
        "¿dónde está mi pedido?",
        "mi paquete no ha llegado",
        "quiero saber el estado de mi envío",
        "cuándo llega mi pedido",
        "seguir mi paquete",
      ],
      refund: [
        "quiero que me devuelvan el dinero",
        "necesito un reembolso",
        "cómo pido un reembolso",
        "devolución del dinero por favor",
        "quiero devolver esto",
      ],
      hours: [
        "¿a qué hora abren?",
        "horario de la tienda",
        "¿abren los domingos?",
        "hasta qué hora están abiertos",
        "cuándo cierra la tienda",
      ],
      person: [
        "quiero hablar con una persona",
        "páseme con un agente",
        "necesito un humano",
        "hablar con atención al cliente",
        "no quiero hablar con un robot",
      ],
    },
    messages: [
      ["oiga, ¿dónde anda mi paquete?", "order"],
      ["todavía no llega mi envío", "order"],
      ["exijo el reembolso de mi dinero", "refund"],
      ["quisiera devolver estos zapatos", "refund"],
      ["a qué hora cierran los sábados", "hours"],
      ["¿la tienda está abierta hoy?", "hours"],
      ["comuníqueme con un agente humano", "person"],
      ["prefiero hablar con alguien, una persona", "person"],
    ],
    outside: ["cuéntame un chiste", "qué opinas del fútbol"],
  },
  {
    language: "Chinese",
    examples: {
      order: ["我的订单到哪里了", "包裹还没有到", "查询物流", "什么时候发货", "我的快递在哪"],
      refund: ["我要退款", "怎么申请退款", "请把钱退给我", "我想退货", "退款多久到账"],
      hours: ["你们几点开门", "营业时间是什么时候", "周末营业吗", "几点关门", "今天还营业吗"],
      person: ["转人工", "我要找人工客服", "我想和真人说话", "不要机器人", "叫客服来"],
    },
    messages: [
      ["我买的东西物流到哪里了", "order"],
      ["订单怎么还没有发货", "order"],
      ["这个商品可以退货退款吗", "refund"],
      ["钱什么时候退给我", "refund"],
      ["请问星期天几点开门", "hours"],
      ["你们晚上几点关门呀", "hours"],
      ["能不能帮我转人工客服", "person"],
      ["我不想和机器人说话", "person"],
    ],
    outside: ["给我讲个笑话", "你喜欢足球吗"],
  },
  {
    language: "Japanese",
    examples: {
      order: ["注文した商品はどこですか", "荷物がまだ届きません", "配送状況を確認したい", "いつ届きますか", "注文の追跡"],
      refund: ["返金してください", "返金の方法を教えて", "お金を返してほしい", "商品を返品したい", "返品はできますか"],
      hours: ["何時に開きますか", "営業時間を教えてください", "日曜日は営業していますか", "閉店は何時ですか", "今日は開いていますか"],
      person: ["担当者と話したい", "オペレーターにつないでください", "人間と話したいです", "ロボットは嫌です", "電話で話せますか"],
    },
    messages: [
      ["昨日の荷物はいつ届きますか", "order"],
      ["配送状況はどこで確認できますか", "order"],
      ["この靴を返品したいのですが", "refund"],
      ["早く返金してほしいです", "refund"],
      ["土曜日の営業時間は何時までですか", "hours"],
      ["お店は何時に開くの", "hours"],
      ["担当の人間につないで", "person"],
      ["オペレーターと話したい", "person"],
    ],
    outside: ["面白い話をして", "サッカーは好きですか"],
  },
  {
    language: "Korean",
    examples: {
      order: ["제 주문은 어디에 있나요", "택배가 아직 안 왔어요", "배송 조회하고 싶어요", "언제 도착하나요", "주문 상태 알려줘"],
      refund: ["환불해 주세요", "환불은 어떻게 하나요", "돈을 돌려받고 싶어요", "반품하고 싶어요", "반품 신청"],
      hours: ["몇 시에 문을 여나요", "영업시간 알려주세요", "일요일에도 영업하나요", "몇 시에 닫아요", "오늘 문 열었나요"],
      person: ["상담원 연결해 주세요", "사람과 이야기하고 싶어요", "상담원과 통화하고 싶어요", "로봇 말고 사람", "고객센터 연결"],
    },
    messages: [
      ["배송이 언제 도착하는지 궁금해요", "order"],
      ["주문한 택배 어디쯤 왔어요", "order"],
      ["이거 환불받을 수 있어요?", "refund"],
      ["신발 반품하려고요", "refund"],
      ["토요일 영업시간이 어떻게 되나요", "hours"],
      ["문은 몇 시에 닫나요", "hours"],
      ["상담원이랑 연결 부탁해요", "person"],
      ["사람이랑 이야기할래요", "person"],
    ],
    outside: ["재미있는 농담 해줘", "축구 좋아해?"],
  },
  {
    language: "Arabic",
    examples: {
      order: ["أين طلبي", "لم يصل الطرد بعد", "أريد تتبع الشحنة", "متى يصل طلبي", "حالة الطلب"],
      refund: ["أريد استرداد أموالي", "كيف أسترد المبلغ", "أريد إرجاع المنتج", "طلب استرداد", "أعيدوا لي المال"],
      hours: ["متى تفتحون", "ما هي ساعات العمل", "هل تعملون يوم الجمعة", "متى يغلق المتجر", "هل المتجر مفتوح اليوم"],
      person: ["أريد التحدث مع موظف", "حولني إلى إنسان", "خدمة العملاء من فضلك", "لا أريد التحدث مع روبوت", "أريد شخصا حقيقيا"],
    },
    messages: [
      ["متى تصل الشحنة", "order"],
      ["طلبي لم يصل", "order"],
      ["أرغب في إرجاع المنتج واسترداد المال", "refund"],
      ["كيف يمكنني استرداد أموالي", "refund"],
      ["ما ساعات العمل يوم السبت", "hours"],
      ["هل المتجر مفتوح الآن", "hours"],
      ["أريد أن أتحدث مع شخص", "person"],
      ["حولني إلى موظف خدمة العملاء", "person"],
    ],
    outside: ["احك لي نكتة", "ما رأيك في كرة القدم"],
  },
  {
    language: "Russian",
    examples: {
      order: ["где мой заказ", "посылка ещё не пришла", "хочу отследить доставку", "когда придёт заказ", "статус заказа"],
      refund: ["верните деньги", "как оформить возврат", "хочу вернуть товар", "возврат средств", "мне нужен возврат денег"],
      hours: [
        "во сколько вы открываетесь",
        "часы работы",
        "вы работаете в воскресенье",
        "до скольки открыт магазин",
        "когда закрывается магазин",
      ],
      person: [
        "позовите оператора",
        "хочу поговорить с человеком",
        "соедините с оператором",
        "мне нужен живой человек",
        "не хочу говорить с роботом",
      ],
    },
    messages: [
      ["подскажите, когда будет доставка моего заказа", "order"],
      ["посылку до сих пор не доставили", "order"],
      ["хочу оформить возврат обуви", "refund"],
      ["когда вернёте мне деньги", "refund"],
      ["какие у вас часы работы в субботу", "hours"],
      ["магазин сегодня открыт?", "hours"],
      ["дайте поговорить с живым оператором", "person"],
      ["соедините меня с человеком", "person"],
    ],
    outside: ["расскажи анекдот", "любишь футбол?"],
  },
  {
    language: "German",
    examples: {
      order: [
        "wo ist meine Bestellung",
        "mein Paket ist noch nicht da",
        "Sendung verfolgen",
        "wann kommt meine Lieferung",
        "Status der Bestellung",
      ],
      refund: [
        "ich will mein Geld zurück",
        "wie bekomme ich eine Erstattung",
        "ich möchte das zurückgeben",
        "Rückerstattung bitte",
        "Ware zurücksenden",
      ],
      hours: ["wann öffnet ihr", "wie sind die Öffnungszeiten", "habt ihr sonntags geöffnet", "wann schließt der Laden", "ist heute offen"],
      person: [
        "ich möchte mit einem Menschen sprechen",
        "bitte einen Mitarbeiter",
        "verbinden Sie mich mit dem Kundendienst",
        "kein Roboter bitte",
        "mit jemandem reden",
      ],
    },
    messages: [
      ["wann wird mein Paket geliefert", "order"],
      ["ich warte noch auf meine Lieferung", "order"],
      ["ich hätte gern mein Geld zurückerstattet", "refund"],
      ["kann ich die Schuhe zurückgeben?", "refund"],
      ["Öffnungszeiten am Samstag", "hours"],
      ["bis wann hat der Laden geöffnet", "hours"],
      ["ich will mit einem echten Menschen sprechen", "person"],
      ["kann ich einen Mitarbeiter sprechen", "person"],
    ],
    outside: ["erzähl mir einen Witz", "magst du Fußball"],
  },
];

export const miniSetOf = ({ examples }: MiniSet): TrainingSet => ({
  intents: Object.entries(examples).map(([name, list]) => ({ name, examples: list })),
  outOfScope: [],
  outOfScopeShare: 0.1,
});

export async function nameOf(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What training has to give, in whatever runtime. A change of any setting changes them. */
export const pinnedBytes: Readonly<Record<string, string>> = {
  Spanish: "3e2f9036066044d9",
  Chinese: "11c0697c2e0bc15d",
  Japanese: "bb4be9f716756f2f",
  Korean: "68610dda33429328",
  Arabic: "6a00c44f791ee021",
  Russian: "3d232f9c5eeccff8",
  German: "9f7bafac6b1e7c72",
};
