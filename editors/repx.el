;;; repx.el --- repx for Emacs -*- lexical-binding: t -*-

;; Emacs 29 or later brings eglot; `nix-mode' is a package of its own.
;; Put this into init.el.

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((nix-mode nix-ts-mode) . ("repx" "lsp"))))
(add-hook 'nix-mode-hook #'eglot-ensure)
(add-hook 'nix-ts-mode-hook #'eglot-ensure)

;;; repx.el ends here
