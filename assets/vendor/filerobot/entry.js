// What filerobot.js is made of: see ../README.md.
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import FilerobotImageEditor, { TABS } from "react-filerobot-image-editor";

const FONTS = ["Inter Variable", "Arial", "Georgia", "Tahoma", "Times New Roman", "Verdana"];

/** Shows the editor in `place`; `save(canvas)` gets the picture. Asks nothing of any network. */
export function open(place, { source, blank, translations, palette, text, name, type, quality, save, changed }) {
  const editor = createElement(FilerobotImageEditor, {
    source,
    translations,
    useBackendTranslations: false,
    theme: { palette, typography: { fontFamily: '"Inter Variable", sans-serif' } },
    tabsIds: [TABS.ADJUST, TABS.ANNOTATE, TABS.FILTERS, TABS.FINETUNE, TABS.RESIZE],
    defaultTabId: blank ? TABS.ANNOTATE : TABS.ADJUST,
    Text: { text, fontFamily: FONTS[0], fontSize: 48, fonts: FONTS },
    annotationsCommon: { fill: "#1a1a1a", stroke: "#1a1a1a" },
    Crop: { autoResize: false },
    Rotate: { angle: 90, componentType: "slider" },
    defaultSavedImageName: name,
    defaultSavedImageType: type,
    defaultSavedImageQuality: quality,
    savingPixelRatio: 1,
    previewPixelRatio: window.devicePixelRatio || 1,
    observePluginContainerSize: true,
    avoidChangesNotSavedAlertOnLeave: true,
    onBeforeSave: () => false,
    onModify: changed,
    onSave: ({ imageCanvas }) => save(imageCanvas),
  });
  createRoot(place).render(editor);
}
