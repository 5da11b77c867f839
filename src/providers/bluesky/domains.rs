//! What looks like a host name without a scheme. Knows the last labels that exist and that people link to; a handle may
//! end in any other, because the platform is asked about it.

/// Every two-letter country, and the other names in common use, from <https://data.iana.org/TLD/tlds-alpha-by-domain.txt>.
const ENDS: &str = "\
    ac academy accountant actor ad ae aero af africa ag agency ai al am amsterdam ao apartments app aq ar archi army arpa \
    art as asia associates at attorney au auction audio author auto aw ax az ba baby band bank bar barcelona bargains \
    bayern bb bbc bd be beauty beer berlin best bet bf bg bh bi bible bid bike bingo bio biz bj black blog blue bm bn bo \
    boats bond book boston boutique box br broker brussels bs bt build builders business buzz bw by bz bzh ca cab cafe \
    camera camp capital car cards care career careers casa cash casino cat catering cc cd center ceo cern cf cg ch charity \
    chat cheap church ci city ck cl claims cleaning click clinic clothing cloud club cm cn co coach codes coffee college \
    cologne com community company computer condos construction consulting contact contractors cooking cool coop country \
    coupons courses cr credit cricket cruises cu cv cw cx cy cz dad dance data date dating day de deals degree delivery \
    democrat dental design dev diamonds diet digital direct directory discount dj dk dm do doctor dog domains dz earth eat \
    ec eco edu education ee eg email energy engineer engineering enterprises equipment er es esq estate et eu eus events \
    exchange expert exposed express fail faith family fan fans farm fashion feedback fi film finance financial fish fit \
    fitness fj fk flights florist flowers fm fo foo football forsale forum foundation fr frl fun fund furniture futbol ga \
    gal gallery game games garden gay gd ge gf gg gh gi gift gifts gives giving gl glass global gm gmbh gn gold golf \
    google gov gp gq gr graphics gratis green gripe group gs gt gu guide guitars guru gw gy hair hamburg haus health \
    healthcare help hiphop hk hm hn hockey holdings holiday homes horse hospital host hosting hotel house how hr ht hu icu \
    id ie il im immo in inc industries info ing ink institute insure int international investments io iq ir irish is ist \
    istanbul it je jetzt jewelry jm jo jobs joburg jp kaufen ke kg kh ki kids kim kitchen kiwi km kn koeln kp kr krd kw ky \
    kyoto kz la land law lawyer lb lc lease legal lgbt li life lighting limited limo link live lk llc loan loans lol \
    london love lr ls lt ltd lu luxe luxury lv ly ma madrid maison management market marketing mba mc md me media \
    melbourne meme memorial men menu mg mh miami mil mk ml mm mn mo mobi moda moe mom money monster mortgage mov movie mp \
    mq mr ms mt mu museum music mv mw mx my mz na nagoya name navy nc ne net network new news nf ng ngo ni ninja nl no np \
    nr nrw nu nyc nz observer okinawa om one ong onl online ooo org organic osaka pa page paris partners parts party pe \
    pet pf pg ph phd photo photography photos pics pictures pink pizza pk pl place plumbing plus pm pn poker porn pr press \
    pro productions prof promo properties property ps pt pub pw py qa quebec racing radio re realestate recipes red rehab \
    reise reisen rent rentals repair report republican rest restaurant review reviews rich rip ro rocks rodeo rs ru rugby \
    ruhr run rw sa saarland sale salon sarl sb sbs sc school schule science scot sd se security select services sex sexy \
    sg sh shiksha shoes shop shopping show si singles site sk ski skin sl sm sn so social software solar solutions soy spa \
    space sport spot sr srl ss st storage store stream studio study style su sucks supplies supply support surf surgery sv \
    swiss sx sy sydney systems sz tattoo tax taxi tc td team tech technology tel tennis tf tg th theater theatre tickets \
    tips tires tirol tj tk tl tm tn to today tokyo tools top tours town toys tr trade trading training travel tt tube tv \
    tw tz ua ug uk university uno us uy uz va vacations vc ve vegas ventures vet vg vi viajes video villas vin vip vision \
    vlaanderen vn vodka vote voting voyage vu wales wang watch webcam website wedding wf wien wiki win wine work works \
    world ws wtf xxx xyz ye yoga yokohama you yt za zip zm zone zuerich zw";

/// True for at least two labels of letters, digits and inner hyphens, the last not beginning with a digit.
pub fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((_, end)) = name.rsplit_once('.') else { return false };
    name.len() <= 253 && name.split('.').all(is_label) && end.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// True when the last label exists. `End.So` is a full stop without a space, so one of mixed case does not.
pub fn has_known_end(name: &str) -> bool {
    let end = name.rsplit('.').next().unwrap_or(name);
    let lower = end.to_ascii_lowercase();
    (end == lower || end.bytes().all(|b| b.is_ascii_uppercase())) && ENDS.split(' ').any(|known| known == lower)
}
